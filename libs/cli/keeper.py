"""Keeps processes running: starts what should run and does not, stops what runs and should not.

A crashed process is started again after a short wait that grows while it keeps crashing. What should be is told from
outside (`want`, `stop_all`); what is, is looked at each round. So a lost event costs a second, never a process.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from libs.cli.units import Unit
from libs.world import Clock

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
STEADY_SECONDS = 20.0
"""A process that ran this long has not crashed at its start: the next wait is the first one again."""
STOP_SECONDS = 15.0
"""After this a process that was asked to stop is killed."""
ROUND_SECONDS = 1.0


@dataclass
class Kept:
    """One unit and what is known of it."""

    unit: Unit
    is_wanted: bool = False
    is_up: bool = False
    """As seen in the last round."""
    starts: int = 0
    started_at: float = 0.0
    may_start_at: float = 0.0
    wait_seconds: float = FIRST_WAIT_SECONDS
    kill_at: float | None = None
    """Set when it was asked to stop."""


class Keeper:
    """All units of an instance. One loop, `run`; nothing else starts or stops a unit."""

    def __init__(self, clock: Clock, on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._kept: dict[str, Kept] = {}
        self._news = asyncio.Event()

    def add(self, unit: Unit) -> None:
        """The unit is known; it is not wanted yet."""
        self._kept[unit.name] = Kept(unit)

    def want(self, name: str, *, is_wanted: bool = True) -> None:
        """The unit should run from now on, or should not. Nothing changes when that is so already."""
        kept = self._kept[name]
        if kept.is_wanted != is_wanted:
            kept.is_wanted, kept.may_start_at, kept.wait_seconds = is_wanted, 0.0, FIRST_WAIT_SECONDS
            self.look()

    def look(self) -> None:
        """Something may have changed (a child ended): look now."""
        self._news.set()

    @property
    def kept(self) -> Mapping[str, Kept]:
        """Every unit by name."""
        return self._kept

    async def run(self) -> None:
        """Never returns; ends when cancelled, and leaves everything as it is."""
        while True:
            self._news.clear()
            due = self.look_once()
            try:
                async with asyncio.timeout(min(due, ROUND_SECONDS)):
                    await self._news.wait()
            except TimeoutError:
                continue

    def look_once(self) -> float:
        """Do what is due; seconds until something else is."""
        now = self._clock.monotonic()
        changed = False
        due = ROUND_SECONDS
        for kept in self._kept.values():
            changed |= self._see(kept, now)
            if kept.is_wanted and not kept.is_up:
                if now >= kept.may_start_at:
                    self._start(kept, now)
                    changed = True
                else:
                    due = min(due, kept.may_start_at - now)
            elif kept.is_up and not kept.is_wanted:
                self._stop(kept, now)
        if changed:
            self._on_change()
        return due

    def _see(self, kept: Kept, now: float) -> bool:
        """Notice an end; True when there was one."""
        is_up = kept.unit.pid is not None
        if is_up or not kept.is_up:
            return False
        kept.is_up, kept.kill_at = False, None
        if now - kept.started_at > STEADY_SECONDS:
            kept.wait_seconds = FIRST_WAIT_SECONDS
        kept.may_start_at = now + kept.wait_seconds
        kept.wait_seconds = min(kept.wait_seconds * 2, LONGEST_WAIT_SECONDS)
        return True

    def _start(self, kept: Kept, now: float) -> None:
        kept.unit.launch()
        kept.is_up, kept.started_at, kept.kill_at = True, now, None
        kept.starts += 1

    def _stop(self, kept: Kept, now: float) -> None:
        if kept.kill_at is None:
            kept.kill_at = now + STOP_SECONDS
            kept.unit.ask_to_stop()
        elif now >= kept.kill_at:
            kept.unit.kill()
