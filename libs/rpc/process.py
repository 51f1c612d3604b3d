"""The frame around a service's `run`: the event loop and the signals."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import uvloop

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether this process has been asked to stop."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    @property
    def is_asked(self) -> bool:
        """Whether a signal has come."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ends every wait."""
        self._asked.set()

    async def wait(self) -> None:
        """A signal has come. A program whose work is done by servers and loops waits here."""
        await self._asked.wait()


def run_process(make: Callable[[Stop], Awaitable[None]]) -> None:
    """Runs the program to its end.

    The first SIGTERM or SIGINT marks `stop` and cancels the program, whose `async with` blocks then let go in order:
    servers stop gracefully, pools close. It ends quietly then; any other end raises what the program raised.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_supervised(make))


async def _supervised(make: Callable[[Stop], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    program = asyncio.current_task()
    assert program is not None, "a coroutine runs in a task"
    stop = Stop()

    def on_signal() -> None:
        if not stop.is_asked:
            stop.ask()
            program.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        await make(stop)
    except asyncio.CancelledError:
        if not stop.is_asked:
            raise
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
