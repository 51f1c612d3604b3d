"""One PostgreSQL instance in one folder: made, started, stopped, found again.

It listens on 127.0.0.1 only, asks every connection for a password (scram), has no unix socket, and keeps fsync and
synchronous_commit on unless it is made for tests. Its log holds no data: statements, parameters, and the details of
errors are left to the client, which may know what is safe to write down.
"""

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from libs.postgres.binaries import program
from libs.postgres.privilege import dropper, hand_over

SUPERUSER = "postgres"
_PID_FILE_LINES_WHEN_READY = 8  # the last one is the status (miscadmin.h: LOCK_FILE_LINE_PM_STATUS)
_POLL_SECONDS = 0.02
_LOG_TAIL_BYTES = 2000
_FORMER_CHILDREN_LIVE = "pre-existing shared memory block"
_INITDB_OPTIONS = (
    *("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    "--no-instructions",
)
_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "100",
        "shared_buffers": "64MB",
        "io_method": "sync",  # no extra processes: several instances share a small machine
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_destination": "stderr",
        "logging_collector": "off",
        # No data in the log: above ERROR only, terse (no DETAIL), never a statement or a parameter.
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
    }
)
# Losing a test database with the machine is fine; a killed process still loses nothing.
TEST_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "fsync": "off",
        "full_page_writes": "off",
        "scram_iterations": "1",
        "shared_buffers": "32MB",
        "max_wal_size": "2GB",
    }
)


class PostgresFailedError(Exception):
    """A program of PostgreSQL ended badly; the text has the end of its log."""


class Cluster:
    """An instance whose data lies in `folder`, listening on 127.0.0.1:`port`."""

    def __init__(
        self, folder: Path, port: int, *, log: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`log` is by default log/<folder's name>.log beside the folder. `settings` win over the defaults."""
        self.folder = folder.absolute()
        self.port = port
        self.log = (log or self.folder.parent / "log" / f"{folder.name}.log").absolute()
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_made(self) -> bool:
        """True when the folder holds a whole cluster."""
        return (self.folder / "PG_VERSION").exists()

    def make(self, superuser_password: str, *, sync: bool = True) -> None:
        """The cluster exists. Idempotent; a half-made one left by a crash is made anew. `sync=False` for tests."""
        if self.is_made:
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        making = self.folder.with_name(f"{self.folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        hand_over(making)
        # initdb reads the password from a pipe: it never lies in a file or in the list of processes.
        options = ["-D", str(making), "-U", SUPERUSER, "--auth=scram-sha-256", "--pwfile=/dev/stdin"]
        _run("initdb", [*options, *_INITDB_OPTIONS, *([] if sync else ["--no-sync"])], f"{superuser_password}\n")
        making.rename(self.folder)

    def launch(self) -> None:
        """The server has been started as a child of this process; it is ready when `is_ready` says so."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "postgresql.conf").write_text(self._configuration(), encoding="utf-8")
        server = program("postgres")
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, stat.S_IRUSR | stat.S_IWUSR)) as log:
            self._process = subprocess.Popen(
                [server, "-D", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
                start_new_session=True,  # Ctrl-C at the terminal is for the supervisor, which stops us in its order
                preexec_fn=dropper(server),  # noqa: PLW1509 - a few system calls, prepared before the fork
            )

    def start(self, timeout_seconds: float = 30) -> None:
        """The server accepts connections. Raises PostgresFailedError when it ends or is not ready in time.

        After a kill the children of the former postmaster need a moment to notice; until then it is tried again.
        """
        self.launch()
        for _ in range(int(timeout_seconds / _POLL_SECONDS)):
            if self.is_ready:
                return
            if not self.is_running:
                tail = self._log_tail()
                if _FORMER_CHILDREN_LIVE not in tail.rsplit("FATAL", 1)[-1]:
                    raise PostgresFailedError(f"postgres ended while starting:\n{tail}")
                self.launch()
            time.sleep(_POLL_SECONDS)
        self.stop()
        raise PostgresFailedError(f"postgres was not ready within {timeout_seconds} s:\n{self._log_tail()}")

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, also when another process started it; None when it does not run."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        lines = self._pid_file()
        return int(lines[0]) if lines and self._is_ours(int(lines[0])) else None

    @property
    def is_running(self) -> bool:
        """True while the postmaster lives."""
        return self.pid is not None

    @property
    def is_ready(self) -> bool:
        """True when it accepts connections."""
        pid, lines = self.pid, self._pid_file()
        return (
            pid is not None
            and len(lines) == _PID_FILE_LINES_WHEN_READY
            and int(lines[0]) == pid
            and lines[-1].strip() == "ready"
        )

    def stop(self, timeout_seconds: float = 20) -> None:
        """It does not run. Asks for a fast shutdown (open transactions are rolled back), then for an immediate one."""
        for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._ended_after(order, timeout_seconds):
                return
        raise PostgresFailedError(f"postgres in {self.folder} cannot be stopped")

    def kill(self) -> None:
        """The postmaster is killed as by the kernel's out-of-memory killer; its children notice and end."""
        self._ended_after(signal.SIGKILL, timeout_seconds=10)

    def _ended_after(self, order: signal.Signals, timeout_seconds: float) -> bool:
        pid = self.pid
        if pid is not None:
            os.kill(pid, order)
        for _ in range(int(timeout_seconds / _POLL_SECONDS)):
            if not self.is_running:
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _is_ours(self, pid: int) -> bool:
        """False for a process that only got the number of a postmaster long dead: a postmaster works in its folder."""
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == self.folder.resolve()
        except FileNotFoundError:
            return False

    def _configuration(self) -> str:
        settings = {**_SETTINGS, **self._settings, "port": str(self.port)}
        return "# Written anew at each start.\n" + "".join(f"{name} = '{value}'\n" for name, value in settings.items())

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []

    def _log_tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_BYTES:] if self.log.exists() else ""


def _run(name: str, options: list[str], stdin: str) -> None:
    path = program(name)
    done = subprocess.run(
        [path, *options],
        input=stdin,
        capture_output=True,
        text=True,
        env=_ENVIRONMENT,
        preexec_fn=dropper(path),
        check=False,
    )
    if done.returncode != 0:
        raise PostgresFailedError(f"{name} failed:\n{done.stderr[-_LOG_TAIL_BYTES:]}")


# Nothing of the surroundings reaches the server: no PG* variable, no foreign locale.
_ENVIRONMENT: Mapping[str, str] = MappingProxyType({"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"})
