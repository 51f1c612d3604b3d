"""samvern doctor: is all well, and if not, what to do."""

import asyncio
from pathlib import Path

import click
import msgspec

from libs.cli.diagnosis import Finding, look_at_instance, look_at_machine
from libs.cli.failure import Failure
from libs.cli.foreground import DEFAULT_PORT
from libs.cli.layout import Layout
from libs.cli.options import data_option, json_option
from libs.cli.processes import is_alive
from libs.cli.state import State, read_state
from libs.world.system import SystemClock


@click.command("doctor")
@data_option
@json_option
def command(data: Path, as_json: bool) -> None:
    """Look at this machine and at the instance, if one runs, and say what to do. Exit code 1: something is wrong."""
    layout = Layout(data.absolute())
    state = read_state(layout)
    findings = look_at_machine(layout, _portal_port(state))
    if state is not None and _runs(state):
        # The portal itself has its port.
        findings = [each for each in findings if each.subject != "port"]
        findings += asyncio.run(look_at_instance(layout, state, SystemClock().now()))
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        _show(findings, is_running=state is not None and _runs(state))
    wrong = [each.subject for each in findings if not each.is_well]
    if wrong:
        raise Failure(f"not well: {', '.join(wrong)}")


def _runs(state: State) -> bool:
    return any(is_alive(each) for each in [state.supervisor, *(each.process for each in state.processes.values())])


def _portal_port(state: State | None) -> int:
    return state.ports.get("portal", DEFAULT_PORT) if state else DEFAULT_PORT


def _show(findings: list[Finding], *, is_running: bool) -> None:
    for each in findings:
        click.echo(f"{'well ' if each.is_well else 'WRONG'}  {each.subject}: {each.seen}")
        if not each.is_well:
            click.echo(f"       -> {each.advice}")
    if not is_running:
        click.echo("No instance runs here; `./samvern up` starts one.")
