"""samvern doctor: is all well, and if not, what to do."""

import asyncio
from pathlib import Path

import click
import msgspec

from libs.cli.diagnosis import Finding, look_at_instance, look_at_machine, look_at_port
from libs.cli.failure import Failure, NothingRuns
from libs.cli.foreground import DEFAULT_PORT
from libs.cli.instance import Instance
from libs.cli.layout import Layout
from libs.cli.options import data_option, json_option
from libs.cli.processes import is_alive
from libs.cli.state import State, read_state
from libs.world.system import SystemClock


class Diagnosis(msgspec.Struct, frozen=True):
    """What `doctor --json` prints. Stable: programs build on it."""

    data: str
    supervisor: int | None
    """Process id; None when none runs."""
    findings: list[Finding]


@click.command("doctor")
@data_option
@json_option
def command(data: Path, as_json: bool) -> None:
    """Look at this machine and at the instance, if one runs, and say what to do. Exit code 1: something is wrong."""
    layout = Layout(data.absolute())
    state = _living_state(layout)
    diagnosis = Diagnosis(
        data=str(layout.data),
        supervisor=state.supervisor.pid if state and is_alive(state.supervisor) else None,
        findings=_look(layout, state),
    )
    if as_json:
        click.echo(msgspec.json.encode(diagnosis))
    else:
        _show(diagnosis, is_running=state is not None)
    wrong = [each.subject for each in diagnosis.findings if not each.is_well]
    if wrong:
        raise Failure(f"not well: {', '.join(wrong)}")


def _living_state(layout: Layout) -> State | None:
    try:
        instance = Instance.find(layout.data)
    except NothingRuns:
        return None
    return instance.state() if instance.is_alive else None


def _look(layout: Layout, state: State | None) -> list[Finding]:
    findings = look_at_machine(layout)
    if state is None:
        remembered = read_state(layout)
        return [*findings, look_at_port(remembered.ports.get("portal", DEFAULT_PORT) if remembered else DEFAULT_PORT)]
    return findings + asyncio.run(look_at_instance(layout, state, SystemClock().now()))


def _show(diagnosis: Diagnosis, *, is_running: bool) -> None:
    for each in diagnosis.findings:
        click.echo(f"{'well ' if each.is_well else 'WRONG'}  {each.subject}: {each.seen}")
        if not each.is_well:
            click.echo(f"       -> {each.advice}")
    if not is_running:
        click.echo("No instance runs here; `./samvern up` starts one.")
