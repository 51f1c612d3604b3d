"""A whole instance in real processes, for e2e: started by the command line, as anybody would, on ports of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.cli.health import cluster_at
from libs.cli.instance import Instance

COMMAND_SECONDS = 180
HEALTHY_SECONDS = 60.0
POLL_SECONDS = 0.1
COMMAND = (sys.executable, "-P", "-m", "libs.cli.main")


@dataclass
class RunningInstance:
    """What `up` reported, and the handles that a story needs."""

    data: Path
    report: dict[str, Any]

    @property
    def portal(self) -> str:
        """URL of the portal, without a slash at the end."""
        return str(self.report["portal"])

    @property
    def sealing(self) -> str:
        """URL of the sealing process, without a slash at the end."""
        return str(self.report["sealing"])

    @property
    def instance(self) -> Instance:
        """As a command sees it: trust files, addresses, nodes."""
        return Instance.find(self.data)

    def node(self, tjeneste: str) -> dict[str, Any]:
        """What `up` told of one node."""
        return next(node for node in self.report["nodes"] if node["tjeneste"] == tjeneste)

    def samvern(self, *arguments: str | Path, expect: int | None = 0) -> "subprocess.CompletedProcess[str]":
        """`./samvern ARGUMENTS --data ...`; fails the test when the exit code differs from `expect` (None: any)."""
        done = run_samvern(*arguments, "--data", self.data)
        if expect is not None:
            assert done.returncode == expect, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def samvern_json(self, *arguments: str | Path) -> Any:
        """What `./samvern ARGUMENTS --json` printed."""
        return json.loads(self.samvern(*arguments, "--json").stdout)

    def pid(self, name: str) -> int | None:
        """The process's id now; None while it does not run."""
        state = self.instance.state().processes[name]
        return state.process.pid if state.process else None

    def kill(self, name: str) -> int:
        """The process is killed with -9; its former id. The supervisor starts it again by itself."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, *names: str) -> None:
        """These do not run, and stay so."""
        self.samvern("stop", *names)

    def start(self, *names: str) -> None:
        """These run and answer."""
        self.samvern("start", *names)

    def wait_healthy(self, *names: str, seconds: float = HEALTHY_SECONDS) -> None:
        """These (none named: all) answer; fails the test after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            sick = [row["service"] for row in self.samvern_json("ps")
                    if not row["healthy"] and (not names or row["service"] in names)]  # fmt: skip
            if not sick:
                return
            assert time.monotonic() < end, f"not healthy after {seconds} s: {sick}"
            time.sleep(POLL_SECONDS)

    def postgres_is_ready(self, name: str) -> bool:
        """For a Postgres, e.g. "postgres-intake": it accepts connections."""
        instance = self.instance
        return cluster_at(instance.layout, instance.state().processes[name]).is_ready


@contextmanager
def running_instance(data: Path, *options: str) -> Iterator[RunningInstance]:
    """An instance at `data` on a free port; stopped at the end, and its files kept there."""
    done = run_samvern("up", "--detach", "--json", "--port", "0", "--data", data, *options)
    assert done.returncode == 0, f"up failed:\n{done.stdout}\n{done.stderr}"
    try:
        yield RunningInstance(data, json.loads(done.stdout))
    finally:
        down = run_samvern("down", "--data", data)
        assert down.returncode == 0, down.stderr


def run_samvern(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """`./samvern ARGUMENTS` in the environment that this runs in."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
        stdin=subprocess.DEVNULL,
    )
