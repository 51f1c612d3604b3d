"""Processes of this machine, recognised by more than a number that is used again."""

import os
import signal
import subprocess
import time
from pathlib import Path

from libs.cli.state import ProcessRef

POLL_SECONDS = 0.05


def ref_of(pid: int) -> ProcessRef | None:
    """The process with this id; None when there is none."""
    born = _born(pid)
    return None if born is None else ProcessRef(pid, born)


def is_alive(ref: ProcessRef | None) -> bool:
    """True while that very process runs (a zombie does not)."""
    return ref is not None and _born(ref.pid) == ref.born


def send(ref: ProcessRef, order: signal.Signals) -> bool:
    """The signal is sent; False when the process is gone."""
    if not is_alive(ref):
        return False
    try:
        os.kill(ref.pid, order)
    except ProcessLookupError:
        return False
    return True


def wait_gone(refs: list[ProcessRef], seconds: float) -> list[ProcessRef]:
    """Those that still live after at most `seconds`."""
    end = time.monotonic() + seconds
    left = [ref for ref in refs if is_alive(ref)]
    while left and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        left = [ref for ref in left if is_alive(ref)]
    return left


def _born(pid: int) -> str | None:
    """The start of a process: on Linux in ticks since boot (proc(5), stat field 22), which no clock moves."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _born_elsewhere(pid)
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{_boot_id()}:{fields[19]}"


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _born_elsewhere(pid: int) -> str | None:
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    condition, _, start = told.stdout.strip().partition(" ")
    return None if told.returncode != 0 or condition.startswith("Z") else start.strip()
