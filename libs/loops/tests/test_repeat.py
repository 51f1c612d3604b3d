"""A loop works while there is work, waits otherwise, and outlives our errors only."""

import asyncio

import pytest

from libs.errors import Unavailable
from libs.loops.bell import Bell
from libs.loops.repeat import Loop, repeat
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.world import SeededRng

NEVER = 3600.0


class Enough(Exception):
    """Ends a test's loop."""


def stepping(*outcomes: bool | Exception) -> tuple[list[int], Loop]:
    done: list[int] = []

    async def step() -> bool:
        done.append(len(done))
        if len(done) > len(outcomes):
            raise Enough
        outcome = outcomes[len(done) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return done, Loop("test", step, NEVER)


async def test_a_loop_goes_on_at_once_while_there_is_more() -> None:
    done, loop = stepping(True, True)
    with pytest.raises(Enough):
        await repeat(loop, SeededRng(), NoTelemetry())
    assert len(done) == 3


async def test_a_loop_that_has_nothing_to_do_waits_for_its_bell() -> None:
    done, loop = stepping(False)

    async def ring_once_it_waits() -> None:
        await asyncio.sleep(0.01)
        assert len(done) == 1
        loop.bell.ring()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ring_once_it_waits())
        with pytest.raises(Enough):
            await repeat(loop, SeededRng(), NoTelemetry())
    assert len(done) == 2


async def test_a_bell_rung_during_a_step_is_heard() -> None:
    bell = Bell()
    done: list[int] = []

    async def step() -> bool:
        done.append(1)
        if len(done) == 2:
            raise Enough
        bell.ring()
        return False

    with pytest.raises(Enough):
        await repeat(Loop("test", step, NEVER, bell), SeededRng(), NoTelemetry())


async def test_our_errors_delay_a_loop_and_others_end_it() -> None:
    done, loop = stepping(Unavailable("away"), True)
    with pytest.raises(Enough):
        await repeat(loop, SeededRng(), NoTelemetry())
    assert len(done) == 3


async def test_a_wait_ends_without_news() -> None:
    assert not await Bell().listen().wait(0.001)
