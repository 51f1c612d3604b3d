"""Stops and starts single processes of a running instance, by telling its supervisor."""

import asyncio
import time
from collections.abc import Callable

from libs.cli.failure import Failure
from libs.cli.health import is_healthy
from libs.cli.instance import Instance
from libs.cli.processes import POLL_SECONDS, is_alive, send
from libs.cli.state import WISHES_CHANGED, read_stopped, write_stopped

LIMIT_SECONDS = 60.0


def stop(instance: Instance, names: tuple[str, ...]) -> None:
    """These do not run, and stay so until `start` or the next `up`. Raises Failure."""
    _wish(instance, names, read_stopped(instance.layout) | set(names))
    _wait(names, "stop", lambda name: not is_alive(instance.state().processes[name].process))


def start(instance: Instance, names: tuple[str, ...]) -> None:
    """These run and answer. Raises Failure."""
    _wish(instance, names, read_stopped(instance.layout) - set(names))
    _wait(names, "serve", lambda name: asyncio.run(is_healthy(instance.layout, instance.state().processes[name])))


def _wish(instance: Instance, names: tuple[str, ...], stopped: frozenset[str]) -> None:
    state = instance.state()
    unknown = [name for name in names if name not in state.processes]
    if unknown:
        raise Failure(f"there is no process {', '.join(unknown)}; there are {', '.join(state.processes)}")
    if not state.is_ready:
        raise Failure("the instance is still starting; wait until `up` says that it is ready")
    write_stopped(instance.layout, stopped)
    send(state.supervisor, WISHES_CHANGED)


def _wait(names: tuple[str, ...], verb: str, is_so: Callable[[str], bool]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    waiting = list(names)
    while waiting := [name for name in waiting if not is_so(name)]:
        if time.monotonic() > end:
            raise Failure(f"{', '.join(waiting)} did not {verb} within {LIMIT_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
