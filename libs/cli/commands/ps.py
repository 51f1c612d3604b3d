"""samvern ps: what runs, and whether it answers."""

import asyncio
from pathlib import Path

import click
import msgspec

from libs.cli.failure import NothingRuns
from libs.cli.health import is_healthy
from libs.cli.instance import Instance
from libs.cli.options import data_option, json_option
from libs.cli.processes import is_alive


class Row(msgspec.Struct, frozen=True):
    """One process, as `ps --json` prints it. Stable: programs build on it."""

    service: str
    pid: int | None
    """None while it does not run."""
    listen: str
    healthy: bool
    metrics: str | None
    """Where Prometheus reads /metrics, over HTTP; None: it has none."""


@click.command("ps")
@data_option
@json_option
def command(data: Path, as_json: bool) -> None:
    """List the processes of an instance: id, address, and whether each answers now."""
    instance = Instance.find(data)
    if not instance.is_alive:
        raise NothingRuns(f"nothing runs at {instance.layout.data}; start it with `./samvern up`")
    rows = asyncio.run(look(instance))
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        click.echo(
            f"{row.service:30} {row.pid or '-':>8}  {row.listen:22} {'healthy' if row.healthy else 'NOT HEALTHY'}"
        )


async def look(instance: Instance) -> list[Row]:
    """Every process, asked now, all at once."""
    processes = instance.state().processes
    async with asyncio.TaskGroup() as tasks:
        asked = {name: tasks.create_task(is_healthy(instance.layout, each)) for name, each in processes.items()}
    return [
        Row(
            service=name,
            pid=each.process.pid if each.process and is_alive(each.process) else None,
            listen=each.listen,
            healthy=asked[name].result(),
            metrics=each.metrics,
        )
        for name, each in processes.items()
    ]
