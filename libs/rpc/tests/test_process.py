"""The frame of a program, in a real process; and the waits between attempts."""

import signal
import subprocess
import sys
import time
from itertools import islice

import pytest

from libs.rpc.backoff import backoff
from libs.testing.programs import environment
from libs.testing.world import SeededRng

PROGRAM = """
import asyncio
from libs.rpc.process import run_process

async def run(stop):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            print("ready", flush=True)
            await stop.wait()
    finally:
        await asyncio.sleep(0.1)
        print("let go", flush=True)

run_process(run)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_program_let_go_and_end_quietly(number: signal.Signals) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment(), stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (out, err, process.returncode) == ("let go\n", "", 0)


def test_a_program_that_fails_fails_the_process() -> None:
    program = "from libs.rpc.process import run_process\nasync def run(stop): raise ValueError('x')\nrun_process(run)"
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, check=False, timeout=10
    )
    assert ended.returncode == 1


def test_delays_grow_to_the_cap_with_jitter_and_repeat_with_the_seed() -> None:
    delays = list(islice(backoff(SeededRng(1), 0.5, 30), 12))
    assert delays == list(islice(backoff(SeededRng(1), 0.5, 30), 12))
    ceilings = [0.5, 1, 2, 4, 8, 16, *[30] * 6]
    assert all(ceiling / 2 <= delay <= ceiling for delay, ceiling in zip(delays, ceilings, strict=True))
    assert len(set(delays)) == 12
