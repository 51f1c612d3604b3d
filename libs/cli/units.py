"""The processes that a supervisor keeps: how each is started, asked to stop and killed."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from libs.postgres.cluster import Cluster

LOG_LIMIT_BYTES = 20_000_000
"""A log larger than this is set aside (one old one is kept) when its process starts."""
KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")
"""All a child sees of our environment. No proxy: everything an instance calls is on the loopback address."""
GIVEN_VARIABLES = {"GRPC_VERBOSITY": "NONE"}
"""And what is said to it: gRPC's core writes lines of its own, which are no JSON and name addresses."""
BACKGROUND_NICE = 10
"""For what can wait while a report is being accepted: a tenth of the share of what accepts."""


class Unit(Protocol):
    """One process, running or not. Nothing here waits."""

    @property
    def name(self) -> str:
        """As the operator calls it."""
        ...

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        ...

    def launch(self) -> None:
        """It has been started, as a child."""
        ...

    def ask_to_stop(self) -> None:
        """It has been asked to end in good order."""
        ...

    def kill(self) -> None:
        """It has been ended."""
        ...


class PythonUnit:
    """A program of this tree."""

    def __init__(self, name: str, arguments: list[str], log: Path, *, is_background: bool = False) -> None:
        self.name = name
        self._arguments = arguments
        self._log = log
        self._is_background = is_background
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def launch(self) -> None:
        """It has been started, in a session of its own: Ctrl-C at the terminal is for the supervisor."""
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        set_aside_if_large(self._log)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | GIVEN_VARIABLES,
                start_new_session=True,
            )
        if self._is_background:
            _step_back(self._process.pid)

    def ask_to_stop(self) -> None:
        """SIGTERM, if it runs."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self._process is not None:
            self._process.kill()


class PostgresUnit:
    """A Postgres made from the wheel's programs."""

    def __init__(self, name: str, cluster: Cluster, *, is_background: bool = False) -> None:
        self.name = name
        self.cluster = cluster
        self._is_background = is_background

    @property
    def pid(self) -> int | None:
        """The postmaster's; None while it does not run."""
        return self.cluster.pid

    def launch(self) -> None:
        """It has been started; `cluster.is_ready` tells when it answers."""
        set_aside_if_large(self.cluster.log)
        self.cluster.launch()
        if self._is_background and self.cluster.pid is not None:
            _step_back(self.cluster.pid)

    def ask_to_stop(self) -> None:
        """A fast shutdown: open transactions are rolled back (PostgreSQL manual, 18.5)."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to the postmaster; its children notice and end."""
        self._signal(signal.SIGKILL)

    def _signal(self, order: signal.Signals) -> None:
        pid = self.cluster.pid
        if pid is not None:
            os.kill(pid, order)


def _step_back(pid: int) -> None:
    """The process takes what others leave of the processors, also where the kernel shares them by session."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, BACKGROUND_NICE)
        Path(f"/proc/{pid}/autogroup").write_text(str(BACKGROUND_NICE), encoding="ascii")


def set_aside_if_large(log: Path) -> None:
    """The log is small enough to go on with; one older part is kept beside it."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
