"""python -m libs.db.migrate --config FILE --folder services/NAME/migrations: a folder of SQL files becomes a schema.

Each file is applied once, in order; FILE is the TOML of a DbConfig for the owner's role.

`NNNN_pre_what.sql` runs before new code (old code still works on the result), `NNNN_post_what.sql` after it. Each runs
in a transaction of its own with a short lock timeout: a migration that would make everybody wait gives up instead.
"""

import argparse
import asyncio
import hashlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from libs.config.load import ConfigRefusedError, load
from libs.db.config import DbConfig
from libs.db.pool import Connection, connect
from libs.errors import Precondition, SamvernError, Unavailable

_FILE_NAME = re.compile(r"[0-9]{4}_(pre|post)_[a-z0-9_]+\.sql", re.ASCII)
_ADVISORY_LOCK = 0x53414D56  # "SAMV": one migration at a time in a database
_WAIT_SECONDS = 60
_LOCK_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Migration:
    """One file."""

    name: str
    sql: str

    @property
    def sha256(self) -> bytes:
        """Of the text, so that a file changed after it was applied is noticed."""
        return hashlib.sha256(self.sql.encode()).digest()


def read(folder: Path) -> list[Migration]:
    """The folder's migrations in order. Raises Precondition for a name of another form or a number used twice."""
    paths = sorted(folder.glob("*.sql"))
    for path in paths:
        if _FILE_NAME.fullmatch(path.name) is None:
            raise Precondition(f"{path.name} is not named NNNN_pre_what.sql or NNNN_post_what.sql")
    if not paths or len({path.name[:4] for path in paths}) != len(paths):
        raise Precondition(f"{folder} has no migrations, or two with the same number")
    return [Migration(path.name, path.read_text(encoding="utf-8")) for path in paths]


async def migrate(owner: DbConfig, folder: Path) -> list[str]:
    """The schema is the folder's; the names of what was applied now. Idempotent; waits for another that runs.

    Raises Unavailable when the database or a lock is not to be had, Precondition when an applied file was changed.
    """
    wanted = read(folder)
    connection = await connect(owner)
    try:
        return await _apply(connection, wanted)
    except (
        OSError,
        asyncpg.LockNotAvailableError,
        asyncpg.QueryCanceledError,
        asyncpg.PostgresConnectionError,
    ) as failed:
        raise Unavailable(
            "a lock was not to be had in time, or the database went away; nothing is half done"
        ) from failed
    finally:
        connection.terminate()  # lets go of the advisory lock


async def _apply(connection: Connection, wanted: Sequence[Migration]) -> list[str]:
    await connection.execute(f"SET statement_timeout = '{_WAIT_SECONDS}s'")
    await connection.execute("SELECT pg_advisory_lock($1)", _ADVISORY_LOCK, timeout=_WAIT_SECONDS)
    await connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT_SECONDS}s'")
    await connection.execute(
        """
        -- migrate: which files were applied; a row is written once and never changed
        CREATE TABLE IF NOT EXISTS schema_migration (
          name text PRIMARY KEY,
          sha256 bytea NOT NULL
        )
        """
    )
    rows = await connection.fetch("SELECT name, sha256 FROM schema_migration ORDER BY name")
    pending = _pending(wanted, {row["name"]: row["sha256"] for row in rows})
    for migration in pending:
        async with connection.transaction():
            await connection.execute(migration.sql, timeout=_WAIT_SECONDS)
            await connection.execute(
                "INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)", migration.name, migration.sha256
            )
    return [migration.name for migration in pending]


def _pending(wanted: Sequence[Migration], applied: dict[str, bytes]) -> list[Migration]:
    """A migration applied here that is not in the folder is a newer program's: old code runs on the new schema."""
    for migration in wanted:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise Precondition(f"{migration.name} was changed after it was applied")
    return [migration for migration in wanted if migration.name not in applied]


def main(arguments: list[str]) -> int:
    """0 when the schema is the folder's, else 1 with one line on standard error."""
    parser = argparse.ArgumentParser(prog="libs.db.migrate")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        applied = asyncio.run(migrate(load(options.config, DbConfig), options.folder))
    except (ConfigRefusedError, SamvernError) as failed:
        sys.stderr.write(f"migrate: {failed}\n")
        return 1
    sys.stdout.write("".join(f"applied {name}\n" for name in applied))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
