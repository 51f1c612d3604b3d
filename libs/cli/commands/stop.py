"""samvern stop: single processes of a running instance."""

from pathlib import Path

import click
import msgspec

from libs.cli import wishes
from libs.cli.instance import Instance
from libs.cli.options import data_option, json_option


@click.command("stop")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@data_option
@json_option
def command(names: tuple[str, ...], data: Path, as_json: bool) -> None:
    """Stop single processes (names from `ps`, Postgres too); they stay stopped until `start` or the next `up`."""
    wishes.stop(Instance.open(data), names)
    click.echo(msgspec.json.encode({"stopped": names}) if as_json else f"Stopped: {', '.join(names)}")
