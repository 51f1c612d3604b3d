"""Transactions with a name and one of three ends: committed, not committed, or not known.

    work(tx) is run between BEGIN and COMMIT. It may run again (a conflict with another transaction), so it sends
    nothing and changes nothing outside; ids and times are drawn before.

    returns          the COMMIT was answered: it is durable
    OutcomeUnknown   the COMMIT was sent and its answer lost: read, or repeat by key
    Unavailable      nothing was committed: no connection in time, connection lost before COMMIT, a statement that
                     did not end, or too many conflicts
    anything else    raised by work itself (our errors, integrity errors of asyncpg); nothing was committed

A cancelled transaction is let go by closing its connection: before COMMIT nothing was done, during it nobody knows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar

import asyncpg

from libs.db.config import DbConfig
from libs.db.pool import DATABASE_ERRORS, Connection, Pool
from libs.errors import Internal, OutcomeUnknown, Unavailable
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.world import Clock, Rng

T = TypeVar("T")
Isolation = Literal["read_committed", "repeatable_read", "serializable"]

ATTEMPTS = 6
_FIRST_DELAY_SECONDS = 0.005  # doubles: conflicts end within a few milliseconds, or something is wrong
_CLOSE_SECONDS = 5.0
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,62}", re.ASCII)

# Somebody else won; the same work may succeed now. The last two: a migration ran under a cached statement.
_CONFLICT = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
# The server cannot, now: shutting down or restarting, no room, a wait without end, a standby.
_SERVER_CANNOT = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
    OSError,
)
# The server ends a session when it is told to, perhaps between a commit and its answer.
_ENDED_AT_ANY_MOMENT = (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.PostgresConnectionError)
# Answers to COMMIT after which the transaction is surely rolled back (deferred constraints).
_COMMIT_REFUSED = (*_CONFLICT, asyncpg.IntegrityConstraintViolationError)


class Transaction:
    """What work may do: asyncpg's calls, whose rows are asyncpg.Record. Every list is asked for with ORDER BY."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """All rows."""
        return await self._connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        """The first row, or None."""
        return await self._connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first column of the first row, or None."""
        return await self._connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: object) -> str:
        """The status, for instance "UPDATE 1"."""
        return await self._connection.execute(query, *arguments)

    async def executemany(self, query: str, arguments: Iterable[Sequence[object]]) -> None:
        """Done once for each."""
        await self._connection.executemany(query, arguments)


class Database:
    """A bounded pool of connections as one role. The server may be away when it is opened, and come and go."""

    def __init__(self, pool: Pool, clock: Clock | None, rng: Rng | None, telemetry: Telemetry) -> None:
        self._pool = pool
        self._clock = clock
        self._rng = rng
        labels = ("transaction", "outcome")
        self._ended = telemetry.counter("db_transactions_total", "Transactions by name and outcome.", labels)
        self._seconds = telemetry.histogram(
            "db_transaction_seconds", "Duration of transactions by name.", ("transaction",)
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: DbConfig,
        clock: Clock | None = None,
        *,
        rng: Rng | None = None,
        telemetry: Telemetry | None = None,
    ) -> "AsyncIterator[Database]":
        """A pool that connects when first asked. `clock` times transactions, `rng` gives retries jitter."""
        pool = Pool(config)
        try:
            yield cls(pool, clock, rng, telemetry or NoTelemetry())
        finally:
            pool.close()

    async def transact(
        self,
        name: str,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        isolation: Isolation = "read_committed",
        fresh_connection: bool = False,
    ) -> T:
        """What work returned, committed. See the module for what is raised.

        `name` is the metric's label and the session's application_name: lower-case letters, digits, "." and "_".
        `fresh_connection` opens one for this transaction alone, so that what it reads cannot come from a session
        that wrote it.
        """
        begin = f"BEGIN ISOLATION LEVEL {isolation.replace('_', ' ')}; SET LOCAL application_name = '{name}'"

        async def attempt() -> T:
            async with self._pool.connection(fresh=fresh_connection) as connection:
                return await _run(connection, name, begin, work)

        return await self._measured(name, attempt)

    async def statement(
        self, name: str, query: str, *arguments: object, is_change: bool = False
    ) -> list[asyncpg.Record]:
        """The rows of one statement that is a transaction of its own: one round trip instead of four.

        Raised is what transact raises; OutcomeUnknown only where it `is_change` and its answer is lost.
        """

        async def attempt() -> list[asyncpg.Record]:
            async with self._pool.connection() as connection:
                return await _alone(connection, name, query, arguments, is_change)

        return await self._measured(name, attempt)

    async def _measured(self, name: str, attempt: Callable[[], Awaitable[T]]) -> T:
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is not a name for a transaction")
        started = self._clock.monotonic() if self._clock is not None else None
        outcome = "failed"
        try:
            result = await self._until_no_conflict(name, attempt)
            outcome = "committed"
        except OutcomeUnknown:
            outcome = "unknown"
            raise
        except Unavailable:
            outcome = "unavailable"
            raise
        finally:
            self._ended.labels(name, outcome).inc()
            if self._clock is not None and started is not None:
                self._seconds.labels(name).observe(self._clock.monotonic() - started)
        return result

    async def _until_no_conflict(self, name: str, attempt: Callable[[], Awaitable[T]]) -> T:
        for number in range(ATTEMPTS):
            try:
                return await attempt()
            except _CONFLICT as conflict:
                self._ended.labels(name, "conflict").inc()
                if number == ATTEMPTS - 1:
                    raise Unavailable(f"{name}: {ATTEMPTS} conflicts with other transactions") from conflict
                await asyncio.sleep(self._jittered(_FIRST_DELAY_SECONDS * 2**number))
        raise AssertionError("the last attempt returns or raises")

    def _jittered(self, seconds: float) -> float:
        return seconds if self._rng is None else self._rng.uniform(seconds / 2, seconds)


async def _run(connection: Connection, name: str, begin: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
    try:
        await connection.execute(begin)
        result = await work(Transaction(connection))
    except BaseException as failed:
        await _roll_back(connection, failed)
        if _is_away(failed, connection):
            raise Unavailable(f"{name}: the database is away") from failed
        raise
    await _commit(connection, name)
    return result


async def _alone(
    connection: Connection, name: str, query: str, arguments: Sequence[object], is_change: bool
) -> list[asyncpg.Record]:
    try:
        return await connection.fetch(query, *arguments)
    except BaseException as failed:
        if not isinstance(failed, Exception) or isinstance(failed, OSError):
            connection.terminate()
        if not isinstance(failed, DATABASE_ERRORS):
            raise
        if is_change and (connection.is_closed() or isinstance(failed, _ENDED_AT_ANY_MOMENT)):
            raise OutcomeUnknown(f"{name}: the answer to the statement was lost") from failed
        if _is_away(failed, connection):
            raise Unavailable(f"{name}: the database is away") from failed
        raise


async def _roll_back(connection: Connection, failed: BaseException) -> None:
    """Never raises for the database's sake: a connection that cannot roll back is closed, which rolls back too."""
    if not isinstance(failed, Exception) or isinstance(failed, OSError):
        connection.terminate()
    elif not connection.is_closed():
        try:
            await connection.execute("ROLLBACK")
        except DATABASE_ERRORS:
            connection.terminate()


async def _commit(connection: Connection, name: str) -> None:
    try:
        status = await connection.execute("COMMIT")
    except _COMMIT_REFUSED:
        raise
    except DATABASE_ERRORS as lost:
        connection.terminate()
        raise OutcomeUnknown(f"{name}: the answer to the commit was lost") from lost
    except BaseException:
        connection.terminate()
        raise
    if status != "COMMIT":
        # PostgreSQL answers ROLLBACK, without an error, when a statement failed and work went on as if it had not.
        raise Internal(f"{name}: the transaction was rolled back by a statement whose error was passed over")


def _is_away(failed: BaseException, connection: Connection) -> bool:
    if isinstance(failed, _SERVER_CANNOT):
        return True
    return isinstance(failed, DATABASE_ERRORS) and connection.is_closed()
