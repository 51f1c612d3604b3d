"""Stops what an instance started, and nothing else: each process is recognised by id and moment of birth."""

import signal
from collections.abc import Iterable

from libs.cli.processes import is_alive, send, wait_gone
from libs.cli.state import ProcessRef, State

PROGRAM_SECONDS = 10.0
"""Longer than a service's own grace for calls in flight."""
POSTGRES_SECONDS = 20.0
KILL_SECONDS = 5.0


def stop_all(state: State) -> int:
    """None of the state's processes runs, first the programs, then Postgres; how many did. Idempotent."""
    programs = [each.process for each in state.processes.values() if each.postgres is None]
    clusters = [each.process for each in state.processes.values() if each.postgres is not None]
    return _stop(programs, [(signal.SIGTERM, PROGRAM_SECONDS)]) + _stop(
        # A fast shutdown, then an immediate one, which recovery mends (PostgreSQL manual, 18.5).
        clusters,
        [(signal.SIGINT, POSTGRES_SECONDS), (signal.SIGQUIT, KILL_SECONDS)],
    )


def _stop(processes: Iterable[ProcessRef | None], orders: list[tuple[signal.Signals, float]]) -> int:
    left = [ref for ref in processes if ref is not None and is_alive(ref)]
    count = len(left)
    for order, seconds in [*orders, (signal.SIGKILL, KILL_SECONDS)]:
        for ref in left:
            send(ref, order)
        left = wait_gone(left, seconds)
    return count
