"""samvern start: single processes of a running instance."""

from pathlib import Path

import click
import msgspec

from libs.cli import wishes
from libs.cli.instance import Instance
from libs.cli.options import data_option, json_option


@click.command("start")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@data_option
@json_option
def command(names: tuple[str, ...], data: Path, as_json: bool) -> None:
    """Start processes that `stop` stopped, and wait until they answer."""
    wishes.start(Instance.open(data), names)
    click.echo(msgspec.json.encode({"started": names}) if as_json else f"Started: {', '.join(names)}")
