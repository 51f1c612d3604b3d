"""What the database alone can do: commits of one row of 4 KiB by pgbench, on intake's own server.

The bytes are random, come from the client as a melding's do, and are not compressed. The statement is prepared.
"""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from libs.bench.failed import BenchFailed
from libs.postgres.binaries import program
from libs.postgres.cluster import SUPERUSER
from libs.world import Ids

ROW_BYTES = 4096
DATABASE = "samvern_bench"
SCRIPT = """\\set n :n + 1
INSERT INTO bench_row (run, client, n, sealed) VALUES (:run, :client_id, :n, decode(:sealed, 'hex'));
"""
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([0-9.]+) ms", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commits:
    """What one run of pgbench found."""

    per_second: float
    latency_seconds: float


class PgBench:
    """A database of our own on the server that is compared with."""

    def __init__(self, port: int, password: str, script: Path, ids: Ids) -> None:
        self._port = port
        self._password = password
        self._script = script
        self._ids = ids
        self._runs = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int, password: str, ids: Ids) -> AsyncIterator["PgBench"]:
        """The database exists inside the block, and is gone after it. `password` is the superuser's."""
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "commit.sql"
            script.write_text(SCRIPT, encoding="utf-8")
            bench = cls(port, password, script, ids)
            await bench._administrate("postgres", _DROP, f"CREATE DATABASE {DATABASE}")
            try:
                await bench._administrate(DATABASE, *_TABLE)
                yield bench
            finally:
                await bench._administrate("postgres", _DROP)

    async def run(self, clients: int, seconds: int) -> Commits:
        """Commits of so many clients for so long. Raises BenchFailed."""
        self._runs += 1
        command = [
            *(str(program("pgbench")), "--no-vacuum", "--protocol=prepared", f"--file={self._script}"),
            *(f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}"),
            *("--define=n=0", f"--define=run={self._runs}", f"--define=sealed={self._ids.token(ROW_BYTES).hex()}"),
            *("--host=127.0.0.1", f"--port={self._port}", f"--username={SUPERUSER}", DATABASE),
        ]
        done = await _finished(command, {"PGPASSWORD": self._password})
        text = done.stdout.decode(errors="replace")
        tps, latency = _TPS.search(text), _LATENCY.search(text)
        if done.returncode != 0 or tps is None or latency is None:
            raise BenchFailed(f"pgbench failed:\n{done.stderr.decode(errors='replace')[-1000:]}")
        await self._administrate(DATABASE, "TRUNCATE bench_row")
        return Commits(float(tps[1]), float(latency[1]) / 1000)

    async def _administrate(self, database: str, *statements: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._port, user=SUPERUSER, password=self._password, database=database, timeout=10
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close(timeout=5)


_DROP = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
_TABLE = (
    """
    CREATE TABLE bench_row (
      run integer NOT NULL,
      client integer NOT NULL,
      n integer NOT NULL,
      sealed bytea NOT NULL,
      PRIMARY KEY (run, client, n)
    )
    """,
    "ALTER TABLE bench_row ALTER COLUMN sealed SET STORAGE EXTERNAL",
)


async def _finished(command: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    stdout, stderr = await process.communicate()
    return subprocess.CompletedProcess(command, process.returncode or 0, stdout, stderr)
