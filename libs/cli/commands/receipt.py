"""samvern receipt: what a receipt proves."""

from pathlib import Path

import click
import msgspec

from libs.cli.layout import Layout
from libs.cli.options import data_option, json_option
from libs.cli.receipt_text import receipt_text
from libs.cli.refusals import in_norwegian
from libs.cli.sender import read_receipt, read_root


@click.group("receipt")
def command() -> None:
    """Verify receipts."""


@command.command("verify")
@click.argument("receipt", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--root", "root_file", type=click.Path(path_type=Path), help="root.json, unless that of the instance.")
@data_option
@json_option
def verify(receipt: Path, root_file: Path | None, data: Path, as_json: bool) -> None:
    """Verify the file RECEIPT offline: every byte of it, its signature, and that the root certifies the key.

    Nothing needs to run. The root is the instance's own, or the one that you got from somebody you trust.
    """
    root = read_root(root_file or Layout(data.absolute()).root_file)
    with in_norwegian():
        _, said = read_receipt(receipt, root)
    if as_json:
        click.echo(msgspec.json.encode({"verified": True, "innhold": said}))
    else:
        click.echo(f"Kvitteringen er ekte og uendret.\n{receipt_text(said)}")
