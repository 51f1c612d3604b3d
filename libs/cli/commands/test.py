"""samvern test: every check and test of this tree."""

import tempfile
import time
from pathlib import Path

import click
import msgspec

from libs.cli.browser import BrowserInstall
from libs.cli.checks import Counts, Result, parts, run
from libs.cli.failure import Failure


@click.command("test")
@click.argument("names", nargs=-1, metavar="[PART...]")
@click.option("--full", is_flag=True, help="Also what needs a browser or minutes of time; gets what it lacks.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
def command(names: tuple[str, ...], full: bool, as_json: bool) -> None:
    """Run every check and test, or only the named PARTs (format, lint, imports, proto, types, unit, e2e ...)."""
    chosen = [part for part in parts(is_full=full) if not names or part.name in names]
    unknown = [name for name in names if name not in [part.name for part in chosen]]
    if unknown:
        raise click.UsageError(
            f"no part {', '.join(unknown)}; there are {', '.join(p.name for p in parts(is_full=True))}"
        )
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="samvern-test-") as folder:
        install = BrowserInstall(Path(folder) / "apt.log") if full else None
        results: list[Result] = []
        for part in chosen:
            if part.name == "e2e full" and install is not None:
                install.wait()
            click.secho(f"== {part.name}: {' '.join(part.command)}", bold=True, err=True)
            results.append(run(part))
    _conclude(results, time.monotonic() - started, as_json)


def _conclude(results: list[Result], seconds: float, as_json: bool) -> None:
    for result in results:
        click.echo(f"{'ok  ' if result.is_green else 'FAIL'} {result.name:16} {result.seconds:7.1f} s", err=True)
    counts = sum((result.counts for result in results), Counts())
    red = [result.name for result in results if not result.is_green]
    if as_json:
        click.echo(msgspec.json.encode({"green": not red, "seconds": round(seconds, 1), "parts": results}))
    summary = f"{len(results) - len(red)} of {len(results)} parts green; tests: {counts.passed} passed"
    summary += f", {counts.failed} failed, {counts.skipped} skipped; {seconds:.0f} s"
    if red:
        raise Failure(f"{summary}; red: {', '.join(red)}")
    if not as_json:
        click.echo(f"All green: {summary}")
