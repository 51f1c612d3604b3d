"""samvern melding: send a report of concern as a case system would, and follow it."""

import time
from pathlib import Path

import click
import msgspec

from libs.cli.melding_send import Order, Sent, send_melding, sent_as_text
from libs.cli.melding_status import WAITS_FOR, ask, status_as_text, wait_for
from libs.cli.options import data_option, json_option
from libs.cli.refusals import in_norwegian
from libs.cli.sender import Sender, write_file

FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.group("melding")
def command() -> None:
    """Send a report of concern, and follow it."""


@command.command("send")
@click.argument("file", type=FILE)
@click.option("--pdf", "pdfs", type=FILE, multiple=True, help="An attachment; may be given several times.")
@click.option("--kommune", help="Four digits; unless given, the document's own.")
@click.option("--bydel", help="Two digits; unless given, the document's own.")
@click.option("--type", "kind", type=click.Choice(["privat", "offentlig"]), help="Refuse a document of another type.")
@click.option("--urgent", "is_urgent", is_flag=True, help="Mark it as urgent.")
@click.option("--key", help="An idempotency key of your own, 16 to 100 characters: the same one never sends twice.")
@click.option("--secret-file", type=FILE, help="Where the reporter's secret goes, unless beside the instance.")
@click.option("--receipt-file", type=FILE, help="Where the receipt goes, instead of kvittering-REFERANSE.json here.")
@data_option
@json_option
def send(
    file: Path,
    pdfs: tuple[Path, ...],
    kommune: str | None,
    bydel: str | None,
    kind: str | None,
    is_urgent: bool,
    key: str | None,
    secret_file: Path | None,
    receipt_file: Path | None,
    data: Path,
    as_json: bool,
) -> None:
    """Seal the KS document FILE here, send it, and print the receipt once it is verified.

    Run it again if it ends without a receipt: it then sends the same melding, not a second one.
    """

    def received(sent: Sent) -> None:
        path = receipt_file if receipt_file or as_json else Path(f"kvittering-{sent.receipt.reference}.json")
        if path is not None:
            write_file(path, sent.document)
        click.echo(sent.document if as_json else sent_as_text(sent, path), nl=not as_json)

    with in_norwegian(), Sender.open(data) as sender:
        send_melding(sender, Order(file, pdfs, kommune, bydel, kind, is_urgent, key, secret_file), received)


@command.command("status")
@click.argument("receipt", type=FILE)
@click.option("--secret-file", type=FILE, help="The reporter's secret, unless `send` put it beside the instance.")
@click.option("--wait", "wanted", type=click.Choice(WAITS_FOR), help="Return when it is so.")
@click.option("--timeout", "timeout_seconds", type=float, default=120.0, show_default=True, help="Longest wait.")
@data_option
@json_option
def status(
    receipt: Path, secret_file: Path | None, wanted: str | None, timeout_seconds: float, data: Path, as_json: bool
) -> None:
    """Tell where the melding of the file RECEIPT is, and which steps its receiver has proven."""
    with in_norwegian(), Sender.open(data) as sender:
        asked = ask(sender, receipt, secret_file)
        if wanted is not None:
            asked = wait_for(asked, wanted, timeout_seconds, time.monotonic, time.sleep)
    click.echo(msgspec.json.encode(asked.status) if as_json else status_as_text(asked.status))
