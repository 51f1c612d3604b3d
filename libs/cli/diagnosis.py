"""What `doctor` looks at, and what it says to do."""

import shutil
import sys
from datetime import datetime
from pathlib import Path

import asyncpg
import msgspec
from cryptography import x509

from libs.cli.health import OPERATOR, is_healthy
from libs.cli.layout import Layout
from libs.cli.ports import HOST, is_free
from libs.cli.processes import is_alive
from libs.cli.provision import secret
from libs.cli.state import ProcessState, State
from libs.postgres.cluster import SUPERUSER

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1_000_000_000
LEAST_CERTIFICATE_DAYS = 7
"""The outage budget: a certificate must outlive it."""
MANY_STARTS = 3
MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes")
CONNECT_SECONDS = 3.0


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    subject: str
    is_well: bool
    seen: str
    advice: str = ""
    """What to do; empty when all is well."""


def look_at_machine(layout: Layout) -> list[Finding]:
    """What must hold whether an instance runs or not."""
    return [_python(), _disk(layout.data), _privacy(layout.data)]


async def look_at_instance(layout: Layout, state: State, now: datetime) -> list[Finding]:
    """What must hold of a running instance."""
    findings = [_supervisor(state), _certificates(layout, now)]
    for name, process in state.processes.items():
        findings.append(await _process(layout, name, process))
        if process.postgres is not None and is_alive(process.process):
            findings.append(await _durability(layout, name, process))
    return findings


def _python() -> Finding:
    seen = sys.version.split()[0]
    return Finding("python", sys.version_info >= OLDEST_PYTHON, seen, "install Python 3.11 or newer")


def _disk(data: Path) -> Finding:
    existing = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free at {existing}", "free at least 1 GB")


def _privacy(data: Path) -> Finding:
    mode = data.stat().st_mode & 0o777 if data.exists() else 0o700
    return Finding("data directory", mode & 0o077 == 0, f"mode {mode:04o} at {data}", f"chmod 700 {data}")


def look_at_port(port: int) -> Finding:
    """The next `up` can have its port."""
    advice = "another program has it: `./samvern up --port N`, or `--port 0` for any free one"
    return Finding("port", is_free(port), f"{port} is {'free' if is_free(port) else 'in use'}", advice)


def _supervisor(state: State) -> Finding:
    is_up = is_alive(state.supervisor)
    advice = "`./samvern down`, then `./samvern up`: processes that end are not started again meanwhile"
    return Finding("supervisor", is_up, f"process {state.supervisor.pid} {'runs' if is_up else 'is gone'}", advice)


def _certificates(layout: Layout, now: datetime) -> Finding:
    certificate = x509.load_pem_x509_certificate((layout.tls(OPERATOR) / "cert.pem").read_bytes())
    if now < certificate.not_valid_before_utc:
        return Finding("clock", False, f"it is {now:%Y-%m-%d %H:%M} UTC, before our certificates", "set the clock")
    days = (certificate.not_valid_after_utc - now).days
    advice = "`./samvern down`, then `./samvern up`: each start issues new ones"
    return Finding("clock and certificates", days >= LEAST_CERTIFICATE_DAYS, f"valid for {days} more days", advice)


async def _process(layout: Layout, name: str, process: ProcessState) -> Finding:
    if not await is_healthy(layout, process):
        seen = "runs, but does not answer" if is_alive(process.process) else "does not run"
        return Finding(
            name, False, seen, f"`./samvern logs {name}`; if it was stopped by hand: `./samvern start {name}`"
        )
    if process.starts > MANY_STARTS:
        return Finding(name, False, f"answers, but was started {process.starts} times", f"`./samvern logs {name}`")
    return Finding(name, True, "answers")


async def _durability(layout: Layout, name: str, process: ProcessState) -> Finding:
    """A receipt means that the report is on disk: these settings are what that rests on."""
    try:
        connection = await asyncpg.connect(
            host=HOST,
            port=int(process.listen.rpartition(":")[2]),
            user=SUPERUSER,
            password=secret(layout, f"{name}-superuser"),
            database="postgres",
            timeout=CONNECT_SECONDS,
        )
        try:
            off = [each for each in MUST_BE_ON if await connection.fetchval(f"SHOW {each}") != "on"]
        finally:
            await connection.close(timeout=CONNECT_SECONDS)
    except (OSError, asyncpg.PostgresError) as failed:
        return Finding(
            f"{name} settings", False, f"cannot be read: {type(failed).__name__}", f"`./samvern logs {name}`"
        )
    advice = f"a receipt would not be true: turn {', '.join(off)} on (ALTER SYSTEM may have turned it off)"
    return Finding(f"{name} settings", not off, f"{', '.join(MUST_BE_ON)} on" if not off else f"off: {off}", advice)
