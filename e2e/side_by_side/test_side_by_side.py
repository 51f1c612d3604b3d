"""Two instances live beside each other, and stopping one leaves the other alone."""

import os
import signal
from pathlib import Path

import pytest

from e2e.instance import EXAMPLES, Instance, eventually


def _pids(instance: Instance) -> list[int]:
    return [entry["pid"] for entry in instance.ps() if entry["pid"]]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.full
def test_two_instances_live_beside_each_other(instance: Instance, tmp_path: Path) -> None:
    # 1. A second one starts and has reports of its own only.
    other = Instance.up(tmp_path / "other")
    sent = other.json("melding", "send", str(EXAMPLES / "privat-bergen.json"))["innhold"]["reference"]
    assert sent not in [melding["reference"] for melding in instance.inbox("bergen")]

    # 2. Its `down` stops each of its processes and none of the first one's.
    own, others = _pids(instance), _pids(other)
    other.down()
    assert not [pid for pid in others if _alive(pid)]
    assert all(_alive(pid) for pid in own)
    assert other.run("ps").returncode == 3


@pytest.mark.full
def test_down_also_cleans_up_after_a_killed_supervisor(tmp_path: Path) -> None:
    instance = Instance.up(tmp_path / "data")
    pids = _pids(instance)
    supervisor = int(instance.json("doctor")["supervisor"])
    os.kill(supervisor, signal.SIGKILL)
    instance.down()
    eventually("nothing is left", lambda: not [pid for pid in pids if _alive(pid)], seconds=20)
