"""samvern melding: send a report of concern as a case system would, and follow it."""

import time
from pathlib import Path

import click
import msgspec

from libs.cli.melding_send import Order, send_melding, sent_as_text
from libs.cli.melding_status import WAITS_FOR, ask, status_as_text, wait_for
from libs.cli.options import data_option, json_option
from libs.cli.refusals import in_norwegian
from libs.cli.sender import Sender

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
@click.option(
    "--secret-file", type=FILE, help="Where the reporter's secret goes (0600), instead of beside the instance."
)
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
    order = Order(file, pdfs, kommune, bydel, kind, is_urgent, key, secret_file)
    with in_norwegian(), Sender.open(data) as sender:
        sent = send_melding(sender, order)
    if receipt_file is None and not as_json:
        receipt_file = Path(f"kvittering-{sent.receipt.reference}.json")
    if receipt_file is not None:
        sent.write_receipt(receipt_file)
    if as_json:
        click.echo(sent.document, nl=False)
    else:
        click.echo(sent_as_text(sent, receipt_file))


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
