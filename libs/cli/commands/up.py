"""samvern up: starts an instance and keeps it running."""

from pathlib import Path

import click

from libs.cli import report
from libs.cli.background import run_told_by_pipe, start_detached
from libs.cli.foreground import run_instance
from libs.cli.layout import Layout
from libs.cli.options import data_option, json_option
from libs.cli.processes import is_alive
from libs.cli.state import State, read_state


@click.command("up")
@data_option
@json_option
@click.option("--port", type=click.IntRange(0, 65535), help="The portal's port: 8080 or the last one; 0: any.")
@click.option("--detach", is_flag=True, help="Return when all is ready; it goes on until `down`.")
@click.option("--told-by-pipe", is_flag=True, hidden=True)
def command(data: Path, as_json: bool, port: int | None, detach: bool, told_by_pipe: bool) -> None:
    """Start all services on this machine, and keep them running.

    In the foreground Ctrl-C stops them all; with --detach `./samvern down` does. Everything is kept in the data
    directory and found again at the next start.
    """
    layout = Layout(data.absolute())
    running = _running(layout)
    if told_by_pipe:
        run_told_by_pipe(layout, port)
    elif detach and running is not None:
        _tell("Runs already")
        _print(report.report(layout, running), as_json)
    elif detach:
        _print(start_detached(layout, port, _tell), as_json)
    else:
        run_instance(layout, port, _tell, lambda: _print_ready(layout, as_json))


def _running(layout: Layout) -> State | None:
    state = read_state(layout)
    return state if state is not None and state.is_ready and is_alive(state.supervisor) else None


def _print_ready(layout: Layout, as_json: bool) -> None:
    state = read_state(layout)
    assert state is not None  # The supervisor has just written it.
    _print(report.report(layout, state), as_json)
    _tell("Ctrl-C stops it all.")


def _print(ready: report.Report, as_json: bool) -> None:
    click.echo(report.as_json(ready) if as_json else report.as_text(ready))


def _tell(text: str) -> None:
    click.echo(text, err=True)
