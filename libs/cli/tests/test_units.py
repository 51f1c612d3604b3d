"""What nobody waits for steps back, a Postgres as well as a program of ours."""

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from libs.cli.units import BACKGROUND_NICE, PostgresUnit
from libs.postgres.cluster import Cluster


class Sleeper:
    """Stands in for a cluster: a process that does nothing."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def launch(self) -> None:
        command = [sys.executable, "-c", "input()"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def end(self) -> None:
        assert self._process is not None
        self._process.communicate(b"\n", timeout=30)


@pytest.mark.parametrize("is_background", [True, False])
def test_a_postgres_in_the_background_steps_back(tmp_path: Path, is_background: bool) -> None:
    sleeper = Sleeper(tmp_path)
    unit = PostgresUnit("postgres-centre", cast("Cluster", sleeper), is_background=is_background)
    unit.launch()
    assert unit.pid is not None
    nice = os.getpriority(os.PRIO_PROCESS, unit.pid)
    sleeper.end()
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert nice == (BACKGROUND_NICE if is_background else ours)
