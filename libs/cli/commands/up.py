"""samvern up: starts an instance and keeps it running."""

from pathlib import Path

import click

from libs.cli import report
from libs.cli.background import run_told_by_pipe, start_detached
from libs.cli.choices import Choices, otlp_url
from libs.cli.foreground import run_instance
from libs.cli.layout import Layout
from libs.cli.options import data_option, json_option
from libs.cli.processes import is_alive
from libs.cli.state import State, read_state


def _otlp(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    try:
        return otlp_url(value) if value else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


@click.command("up")
@data_option
@json_option
@click.option("--port", type=click.IntRange(0, 65535), help="The portal's port: 8080 or the last one; 0: any.")
@click.option("--otlp", metavar="HOST:PORT", callback=_otlp, help="Send spans to this OTLP collector over gRPC.")
@click.option("--detach", is_flag=True, help="Return when all is ready; it goes on until `down`.")
@click.option("--told-by-pipe", is_flag=True, hidden=True)
def command(data: Path, as_json: bool, port: int | None, otlp: str | None, detach: bool, told_by_pipe: bool) -> None:
    """Start all services on this machine, and keep them running.

    In the foreground Ctrl-C stops them all; with --detach `./samvern down` does. Everything is kept in the data
    directory and found again at the next start.
    """
    layout, choices = Layout(data.absolute()), Choices(port, otlp)
    running = _running(layout)
    if told_by_pipe:
        run_told_by_pipe(layout, choices)
    elif detach and running is not None:
        _tell("Runs already, as it was started")
        _print(report.report(layout, running), as_json)
    elif detach:
        _print(start_detached(layout, choices, _tell), as_json)
    else:
        run_instance(layout, choices, _tell, lambda: _print_ready(layout, as_json))


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
