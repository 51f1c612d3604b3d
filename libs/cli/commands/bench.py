"""samvern bench: how much this machine can do, beside what its database alone can do."""

import asyncio
import statistics
from pathlib import Path

import click
import msgspec

from libs.bench.accept import Extent, Result, Spread
from libs.cli.bench_accept import measure, measured_instance
from libs.cli.options import json_option


@click.group("bench")
def command() -> None:
    """Measure this machine."""


@command.command("accept")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of a running instance, which keeps the meldinger; unless given, one of its own is started.",
)
@json_option
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True, help="Rounds of all measurements.")
@click.option("--seconds", type=click.IntRange(1, 60), default=3, show_default=True, help="Each run of pgbench.")
@click.option("--many", type=click.IntRange(100, 100_000), default=2_000, show_default=True, help="By 32 clients.")
@click.option("--few", type=click.IntRange(10, 10_000), default=200, show_default=True, help="By one client.")
def accept(data: Path | None, as_json: bool, rounds: int, seconds: int, many: int, few: int) -> None:
    """Count reports that are durably accepted, over HTTP, beside commits of one 4 KiB row by pgbench.

    Both take turns on the same PostgreSQL server. Nothing is printed unless commits wait for the disk and every report
    with a receipt is found exactly once, in intake and in its node.
    """
    extent = Extent(rounds=rounds, seconds=seconds, many=many, few=few)
    with measured_instance(data, _tell) as instance:
        result = asyncio.run(measure(instance, extent, _tell))
    click.echo(msgspec.json.encode(result).decode() if as_json else _as_text(result))


def _as_text(result: Result) -> str:
    accepted = _median(result, "accepted_per_s")
    commits = _median(result, "pgbench_commits_per_s")
    receipt = _median(result, "receipt_p50_ms")
    commit = _median(result, "pgbench_latency_ms")
    return f"""\
A1  {_spread(result.A1, 3)}: {accepted:.0f} reports a second accepted durably, by 32 clients to one receiver,
    while pgbench commits {commits:.0f} rows of 4 KiB a second
L1  {_spread(result.L1, 1)}: {receipt:.2f} ms to a receipt (p50, one client), while pgbench commits in {commit:.2f} ms
{result.stored_per_s:.0f} reports a second all the way to proven stored at the node"""


def _median(result: Result, figure: str) -> float:
    values: list[float] = [getattr(each, figure) for each in result.rounds]
    return statistics.median(values)


def _spread(spread: Spread, digits: int) -> str:
    return f"{spread.median:.{digits}f} ({spread.min:.{digits}f} to {spread.max:.{digits}f})"


def _tell(text: str) -> None:
    click.echo(text, err=True)
