"""How a command ends when it cannot do what was asked: a clear line on stderr, and an exit code that
docs/command-line.md explains."""

import click

REFUSED = 1
NOTHING_RUNS = 3


class Failure(click.ClickException):
    """It was refused or failed; exit code 1. The message says what to do where something can be done."""

    exit_code = REFUSED


class NothingRuns(Failure):
    """There is no instance at the data directory, or it cannot be reached; exit code 3."""

    exit_code = NOTHING_RUNS
