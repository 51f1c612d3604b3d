"""samvern down: stops an instance."""

import signal
from pathlib import Path

import click

from libs.cli.layout import Layout
from libs.cli.options import data_option, json_option
from libs.cli.processes import is_alive, send, wait_gone
from libs.cli.state import read_state
from libs.cli.stopping import stop_all

SUPERVISOR_SECONDS = 60.0


@click.command("down")
@data_option
@json_option
def command(data: Path, as_json: bool) -> None:
    """Stop everything that `up` started, also when its supervisor was killed. Nothing else is touched."""
    layout = Layout(data.absolute())
    state = read_state(layout)
    running = 0 if state is None else sum(is_alive(each.process) for each in state.processes.values())
    if state is not None:
        if send(state.supervisor, signal.SIGTERM):
            for ref in wait_gone([state.supervisor], SUPERVISOR_SECONDS):
                send(ref, signal.SIGKILL)
        stop_all(read_state(layout) or state)
    if as_json:
        click.echo(f'{{"stopped": {running}}}')
    else:
        click.echo(f"Stopped {running} processes at {layout.data}." if running else f"Nothing runs at {layout.data}.")
