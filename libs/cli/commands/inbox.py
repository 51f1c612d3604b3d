"""samvern inbox: a caseworker's inbox at a delivery node, over its HTTP API."""

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click
import msgspec

from libs.cli.failure import Failure
from libs.cli.inbox import Inbox, OpenedMelding
from libs.cli.inbox_text import list_text, opened_text
from libs.cli.instance import Instance
from libs.cli.options import data_option, json_option
from libs.cli.sender import write_file
from libs.cli.state import NodeState
from libs.errors import Malformed
from libs.values import Reference

REPORTER_FILE = "melder-skjult.json"
PRIVATE_MODE = 0o600


def place_options(function: Callable[..., None]) -> Callable[..., None]:
    """Which node, which instance, which form of output."""
    options = [
        click.option("--kommune", required=True, help="Four digits: a kommune that the node serves."),
        click.option("--bydel", default="00", help="Two digits, where bydeler have nodes of their own."),
        data_option,
        json_option,
    ]
    return reduce(lambda inner, option: option(inner), reversed(options), function)


which_argument = click.argument("which", required=False, metavar="[REFERENCE|NUMBER]")
reason_option = click.option(
    "--reason", default="Åpnet fra kommandolinjen", show_default=True, help="Stands in the access list, with the name."
)


@click.group("inbox")
def command() -> None:
    """List, read, export and confirm reports of concern as the demo's caseworker."""


@command.command("list")
@place_options
def list_(kommune: str, bydel: str, data: Path, as_json: bool) -> None:
    """List the reports of a node, newest first. Opens nothing."""
    with Inbox.open(_node(data, kommune, bydel)) as inbox:
        meldinger = inbox.meldinger()
    click.echo(msgspec.json.encode(meldinger) if as_json else list_text(meldinger))


@command.command("read")
@which_argument
@reason_option
@place_options
def read(which: str | None, reason: str, kommune: str, bydel: str, data: Path, as_json: bool) -> None:
    """Open a report and print it; unless one is named, the oldest that nobody has opened. Counts as opened."""
    with Inbox.open(_node(data, kommune, bydel)) as inbox:
        opened = inbox.open_melding(_one(inbox.meldinger(), which), "read", reason)
    click.echo(msgspec.json.encode(opened) if as_json else opened_text(opened))


@command.command("export")
@which_argument
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write to.")
@reason_option
@place_options
def export(which: str | None, out: Path, reason: str, kommune: str, bydel: str, data: Path, as_json: bool) -> None:
    """Write a report's files, byte for byte as they were sealed, into the folder; a withheld name into a file apart.

    Unless one is named, all reports are written, each into a folder named by its reference. Counts as opened.
    """
    with Inbox.open(_node(data, kommune, bydel)) as inbox:
        meldinger = inbox.meldinger()
        chosen = [_one(meldinger, which)] if which else [each for each in meldinger if each["state"] != "underveis"]
        written = []
        for melding in chosen:
            opened = inbox.open_melding(melding, "export", reason)
            written.append(_write(opened, out if which else out / opened.melding["reference"]))
    if as_json:
        click.echo(msgspec.json.encode(written[0] if which else written))
        return
    for each in written:
        click.echo("\n".join([f"{each['melding']['reference']}:", *(f"  {path}" for path in each["files"])]))


@command.command("confirm")
@click.argument("which", metavar="REFERENCE|NUMBER")
@click.option("--reason", default="Funnet igjen i fagsystemet", show_default=True, help="How it was checked.")
@place_options
def confirm(which: str, reason: str, kommune: str, bydel: str, data: Path, as_json: bool) -> None:
    """Tick a report as found again in the case system."""
    with Inbox.open(_node(data, kommune, bydel)) as inbox:
        confirmed = inbox.confirm(_one(inbox.meldinger(), which), reason)
    click.echo(msgspec.json.encode(confirmed) if as_json else list_text([confirmed]))


def _node(data: Path, kommune: str, bydel: str) -> NodeState:
    return Instance.open(data).node_for(kommune, bydel)


def _one(meldinger: Sequence[dict[str, Any]], which: str | None) -> dict[str, Any]:
    """The melding of this reference or number (of the newest epoch that has it). Raises Failure."""
    if which is None:
        found: list[dict[str, Any]] = [each for each in reversed(meldinger) if each["state"] == "ny"]
        missing = "Ingen uåpnede meldinger."
    elif which.isdecimal():
        found = [each for each in meldinger if each["number"] == int(which)]
        missing = f"Ingen melding har nummer {which} her."
    else:
        found = [each for each in meldinger if each["reference"] == _reference(which)]
        missing = f"Ingen melding har referansen {which} her."
    if not found:
        raise Failure(missing)
    return found[0]


def _reference(text: str) -> str:
    try:
        return str(Reference.parse(text))
    except Malformed as error:
        raise Failure(f"{text} er verken en referanse eller et nummer. [{error.detail}]") from error


def _write(opened: OpenedMelding, folder: Path) -> dict[str, Any]:
    """What was written, as JSON tells it. Raises Failure where nothing could be opened."""
    if not opened.files:
        raise Failure(f"{opened.melding['reference']} lar seg ikke åpne: {', '.join(opened.problems)}")
    contents = {file.name: file.bytes for file in opened.files}
    if opened.reporter is not None:
        contents[REPORTER_FILE] = msgspec.json.format(msgspec.json.encode(opened.reporter)) + b"\n"
    for name, content in contents.items():
        write_file(folder / name, content, PRIVATE_MODE)
    return {
        "melding": opened.melding,
        "problems": opened.problems,
        "folder": str(folder),
        "files": [str(folder / name) for name in contents],
    }
