"""A throw-away PostgreSQL and, in it, databases copied from migrated templates."""

import asyncio
import hashlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from libs.db.config import DbConfig
from libs.db.migrate import migrate
from libs.postgres.cluster import SUPERUSER, TEST_SETTINGS, Cluster, PostgresFailedError
from libs.postgres.provision import Passwords, provision
from libs.testing.ports import free_port

T = TypeVar("T")

PASSWORD = "for tests only"
_STARTS = 3  # another process may take the free port first
_ROOT = Path(__file__).resolve().parent.parent.parent


class TestPostgres:
    """One instance for a whole test session. Everything here may be called with or without a running loop."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._thread = ThreadPoolExecutor(1)  # a loop of its own, beside the test's
        self._folder = folder
        self._password_file = folder / "password"
        self._password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self._templates: dict[str, str] = {}
        self._made = 0
        self.cluster = self._started()

    def database(self, service: str, migrations: Path | None = None) -> DbConfig:
        """A new database with the service's schema, as the service's own role (the owner's: `owner_of`)."""
        folder = migrations or _ROOT / "services" / service / "migrations"
        template = self._template(service, folder)
        self._made += 1
        name = f"test_{self._made}"
        self._wait(self._copy(template, name, service))
        return self.config(name, service)

    def drop(self, database: DbConfig) -> None:
        """The database is gone, also when somebody is still connected."""
        self._wait(self._administrate(f'DROP DATABASE IF EXISTS "{database.database}" WITH (FORCE)'))

    def config(self, database: str, user: str) -> DbConfig:
        """How a role reaches a database here."""
        return DbConfig("127.0.0.1", self.cluster.port, database, user, self._password_file, pool_size=5)

    def owner_of(self, database: DbConfig) -> DbConfig:
        """The same database as the role that owns it."""
        return self.config(database.database, f"{database.user}_owner")

    def close(self) -> None:
        """The instance is stopped."""
        self._thread.shutdown()
        self.cluster.stop()

    def _started(self) -> Cluster:
        for attempt in range(_STARTS):
            cluster = Cluster(self._folder / "cluster", free_port(), settings=TEST_SETTINGS)
            cluster.make(PASSWORD, sync=False)
            try:
                cluster.start()
            except PostgresFailedError:
                if attempt == _STARTS - 1:
                    raise
            else:
                return cluster
        raise AssertionError("the last start returns or raises")

    def _template(self, service: str, folder: Path) -> str:
        key = f"{service} {folder}"
        if key not in self._templates:
            name = f"template_{service}_{hashlib.sha256(key.encode()).hexdigest()[:8]}"
            self._wait(self._make_template(service, name, folder))
            self._templates[key] = name
        return self._templates[key]

    async def _make_template(self, service: str, name: str, folder: Path) -> None:
        await provision("127.0.0.1", self.cluster.port, PASSWORD, service, Passwords(PASSWORD, PASSWORD), database=name)
        await migrate(self.config(name, f"{service}_owner"), folder)

    async def _copy(self, template: str, name: str, service: str) -> None:
        await self._administrate(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{service}_owner" STRATEGY file_copy',
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
            f'GRANT CONNECT ON DATABASE "{name}" TO "{service}"',
        )

    async def _administrate(self, *statements: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.cluster.port, user=SUPERUSER, password=PASSWORD, database="postgres"
        )
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(asyncio.run, work).result()
