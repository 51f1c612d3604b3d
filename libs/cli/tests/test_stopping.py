"""Stopping: what was started and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from libs.cli import stopping
from libs.cli.processes import is_alive, ref_of
from libs.cli.state import ProcessRef, ProcessState, State
from libs.cli.stopping import stop_all

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
PLIANT = "import time; print('on', flush=True); time.sleep(60)"


@contextmanager
def child(program: str) -> Iterator[ProcessRef]:
    with subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ref = ref_of(process.pid)
        assert ref is not None
        yield ref
        process.kill()


def state(*processes: ProcessRef) -> State:
    me = ref_of(os.getpid())
    assert me is not None
    kept = {str(each.pid): ProcessState("127.0.0.1:1", process=each) for each in processes}
    return State(data="", portal="", sealing="", supervisor=me, ports={}, nodes=[], processes=kept)


def test_a_process_is_recognised_by_its_birth_not_by_its_number_alone() -> None:
    with child(PLIANT) as ref:
        former = ProcessRef(ref.pid, "some other moment")
        assert is_alive(ref)
        assert not is_alive(former)
        assert stop_all(state(former)) == 0
        assert is_alive(ref)


def test_everything_that_runs_is_stopped_and_counted() -> None:
    with child(PLIANT) as one, child(PLIANT) as two:
        assert stop_all(state(one, two)) == 2
        assert not is_alive(one)
        assert not is_alive(two)


def test_stopping_again_stops_nothing() -> None:
    with child(PLIANT) as one:
        stop_all(state(one))
        assert stop_all(state(one)) == 0


def test_what_does_not_listen_is_killed() -> None:
    started = time.monotonic()
    with child(STUBBORN) as one:
        stopping._stop([one], [(signal.SIGTERM, 0.2)])
        assert not is_alive(one)
    assert time.monotonic() - started < 5
