"""A bounded number of connections, used again while they live.

asyncpg's own pool hands out proxies that turn to stone the moment a connection is lost, which is just when its holder
must still tell «nothing done» from «not known»; it also resets each session with a round trip of which our transactions
have no need (they only SET LOCAL), and makes tasks of its own. Hence these few lines.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from libs.db.config import DbConfig
from libs.errors import Unavailable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_GRACE_SECONDS = 2.0  # the server's own timeout comes first, with a better answer

# What asyncpg raises when the database, not the statement, is the trouble, and more; TimeoutError is an OSError.
DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def connect(config: DbConfig) -> Connection:
    """A connection of its own, to be closed by the caller. Time zone UTC; no statement runs without an end.

    Raises Unavailable for whatever keeps it from being made.
    """
    milliseconds = str(int(config.statement_timeout_seconds * 1000))
    try:
        return await asyncpg.connect(
            host=config.host,
            port=config.port,
            database=config.database,
            user=config.user,
            password=config.password,
            timeout=config.pool_wait_seconds,
            command_timeout=config.statement_timeout_seconds + _GRACE_SECONDS,
            server_settings={
                "application_name": config.user,
                "timezone": "UTC",
                "statement_timeout": milliseconds,
                "idle_in_transaction_session_timeout": milliseconds,
                # Our statements have one plan each, whatever their parameters; to make it anew each time, as the server
                # would for arrays, takes longer than to run it.
                "plan_cache_mode": "force_generic_plan",
            },
        )
    except DATABASE_ERRORS as failed:
        raise Unavailable("the database does not answer") from failed


class Pool:
    """At most `pool_size` connections. The server may be away when it is made, and come and go."""

    def __init__(self, config: DbConfig) -> None:
        self._config = config
        self._room = asyncio.Semaphore(config.pool_size)
        self._idle: list[Connection] = []  # the one used last is used next: the others may rest

    @asynccontextmanager
    async def connection(self, *, fresh: bool = False) -> AsyncIterator[Connection]:
        """A connection for this block alone, a new one where `fresh`. One that is closed in it is not used again.

        Raises Unavailable when none is to be had within `pool_wait_seconds`.
        """
        await self._enter()
        try:
            connection = await connect(self._config) if fresh else await self._last_used()
            try:
                yield connection
            finally:
                self._put_back(connection, fresh)
        finally:
            self._room.release()

    def close(self) -> None:
        """No connection is left."""
        while self._idle:
            self._idle.pop().terminate()

    async def _enter(self) -> None:
        try:
            async with asyncio.timeout(self._config.pool_wait_seconds):
                await self._room.acquire()
        except TimeoutError as late:
            raise Unavailable("all connections to the database are in use", retry_after_seconds=1) from late

    async def _last_used(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await connect(self._config)

    def _put_back(self, connection: Connection, fresh: bool) -> None:
        if fresh:
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append(connection)
