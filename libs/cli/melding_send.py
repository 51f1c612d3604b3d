"""What `samvern melding send` does: read and judge the document, send, and believe only a verified receipt."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from libs.cli.failure import Failure
from libs.cli.receipt_text import receipt_text
from libs.cli.sender import Sender, read_file, write_secret
from libs.errors import Unavailable
from libs.sealing.documents import Document, validate
from libs.sealing.secret import ReporterSecret
from libs.sender.client import Accepted
from libs.sender.sending import send
from libs.sender.submission import Address, Content
from libs.statements.document import receipt_document
from libs.statements.payloads import Receipt
from libs.values import Place
from libs.world.system import SystemClock, SystemIds


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    file: Path
    pdfs: tuple[Path, ...]
    kommune: str | None
    bydel: str | None
    kind: str | None
    is_urgent: bool
    key: str | None
    secret_file: Path | None


@dataclass(frozen=True)
class Sent:
    """What came of it."""

    document: bytes
    """The receipt document."""
    receipt: Receipt
    secret_file: Path
    key_log: str
    """What the key log said of the receiver's certificate."""


def send_melding(sender: Sender, order: Order, received: Callable[[Sent], None]) -> None:
    """The melding is sent, its receipt verified and handed on, the reporter's secret written.

    Raises our errors, Failure.
    """
    document = validate(read_file(order.file))
    if order.kind not in (None, document.kind):
        raise Failure(f"Dokumentet er av typen {document.kind}, ikke {order.kind}")
    content = Content.of(document, [read_file(path) for path in order.pdfs])
    check = _CertificateCheck(sender)

    def write(accepted: Accepted, secret: ReporterSecret) -> None:
        secret_file = order.secret_file or sender.secret_file(accepted.receipt.melding_id)
        write_secret(secret_file, secret)
        received(Sent(receipt_document(accepted.statement), accepted.receipt, secret_file, check.outcome))

    send(
        sender.client,
        sender.outbox,
        _place(order, document),
        content,
        now=SystemClock().now(),
        ids=SystemIds(),
        check=check,
        received=write,
        key=order.key,
        is_urgent=order.is_urgent,
        sleep=time.sleep,
    )


def sent_as_text(sent: Sent, receipt_file: Path | None) -> str:
    """For a person."""
    lines = [
        "Meldingen er mottatt. Kvitteringen er kontrollert.",
        receipt_text(sent.receipt),
        f"{'Nøkkellogg:':12}{sent.key_log}",
        f"{'Kvittering:':12}{receipt_file}",
        f"{'Hemmelig:':12}{sent.secret_file} (gir innsyn i meldingens vei; vis den ikke til andre)",
    ]
    return "\n".join(lines)


class _CertificateCheck:
    """Looks the certificate up in the key log; goes on, saying so, where the log cannot be read: sending must not
    depend on audit."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.outcome = "kontrollert i et tidligere forsøk"

    def __call__(self, address: Address) -> None:
        try:
            checkpoint = self._sender.key_log.check(address)
        except Unavailable:
            self.outcome = "kunne ikke leses nå; tjenestens sertifikat er bare kontrollert mot etiketten"
            click.echo(f"Nøkkelloggen {self.outcome}.", err=True)
        else:
            self.outcome = f"tjenestens sertifikat står der, i en logg på {checkpoint.size} linjer"


def _place(order: Order, document: Document) -> Place:
    return Place.parse(order.kommune or document.kommunenummer, order.bydel or document.bydelsnummer)
