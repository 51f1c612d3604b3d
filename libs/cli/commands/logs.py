"""samvern logs: what a process printed."""

import time
from pathlib import Path

import click

from libs.cli.failure import Failure
from libs.cli.instance import Instance
from libs.cli.options import data_option, json_option

POLL_SECONDS = 0.3
CHUNK_BYTES = 65_536


@click.command("logs")
@click.argument("service")
@data_option
@json_option
@click.option("-f", "--follow", is_flag=True, help="Go on with what is printed from now on.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=200, show_default=True, help="How many of the last.")
def command(service: str, data: Path, as_json: bool, follow: bool, lines: int) -> None:
    """Print the log of SERVICE (a name from `ps`, or `supervisor`). Services write JSON lines in any case."""
    layout = Instance.find(data).layout
    log = layout.log(service)
    if not log.exists():
        known = ", ".join(sorted(path.stem for path in log.parent.glob("*.log")))
        raise Failure(f"there is no log of {service}; there are logs of {known}")
    with log.open("rb") as file:
        for line in file.read().splitlines(keepends=True)[-lines:] if lines else []:
            click.echo(line, nl=False)
        while follow:
            chunk = file.read(CHUNK_BYTES)
            click.echo(chunk, nl=False) if chunk else time.sleep(POLL_SECONDS)
