"""How a transaction ends when all is well, when others are in the way, and when work is wrong."""

import asyncio

import asyncpg
import msgspec
import pytest
from prometheus_client import generate_latest

from libs.db.config import DbConfig
from libs.db.database import ATTEMPTS, Database, Transaction
from libs.errors import Internal, NotFound, Unavailable
from libs.telemetry.metrics import Prometheus
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.world import FakeClock, SeededRng


async def insert_one(tx: Transaction) -> None:
    await tx.execute("INSERT INTO counter (name, n) VALUES ('a', 1)")


async def read_a(tx: Transaction) -> int | None:
    n: int | None = await tx.fetchval("SELECT n FROM counter WHERE name = 'a'")
    return n


async def test_what_was_returned_is_committed_and_seen_by_a_fresh_connection(counting: DbConfig) -> None:
    async with Database.open(counting) as db:
        await db.transact("test.insert", insert_one)
        pids = set()

        async def read(tx: Transaction) -> int | None:
            pids.add(await tx.fetchval("SELECT pg_backend_pid()"))
            return await read_a(tx)

        assert await db.transact("test.read", read) == 1
        assert await db.transact("test.read", read, fresh_connection=True) == 1
        assert await db.transact("test.read", read, fresh_connection=True) == 1
        assert len(pids) == 3


async def test_an_error_of_work_passes_through_and_nothing_is_committed(counting: DbConfig) -> None:
    async with Database.open(counting) as db:

        async def insert_then_refuse(tx: Transaction) -> None:
            await insert_one(tx)
            raise NotFound("not that one")

        with pytest.raises(NotFound):
            await db.transact("test.refused", insert_then_refuse)
        assert await db.transact("test.read", read_a) is None


async def test_an_integrity_error_is_works_own_to_understand(counting: DbConfig) -> None:
    async with Database.open(counting) as db:
        await db.transact("test.insert", insert_one)
        with pytest.raises(asyncpg.UniqueViolationError):
            await db.transact("test.insert", insert_one)
        assert await db.transact("test.read", read_a) == 1


async def test_a_constraint_checked_at_commit_is_an_integrity_error_too(counting: DbConfig) -> None:
    async with Database.open(counting) as db:

        async def dangle(tx: Transaction) -> None:
            await tx.execute("INSERT INTO late (name) VALUES ('nobody')")

        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await db.transact("test.dangle", dangle)


async def test_an_error_passed_over_by_work_cannot_look_like_a_commit(counting: DbConfig) -> None:
    async with Database.open(counting) as db:

        async def pass_over(tx: Transaction) -> None:
            await insert_one(tx)
            with pytest.raises(asyncpg.UniqueViolationError):
                await insert_one(tx)

        with pytest.raises(Internal, match="rolled back"):
            await db.transact("test.passed_over", pass_over)
        assert await db.transact("test.read", read_a) is None


async def test_a_conflict_is_tried_again_until_all_have_counted(counting: DbConfig) -> None:
    async with Database.open(counting, rng=SeededRng()) as db:
        await db.transact("test.insert", insert_one)
        both_have_read = asyncio.Barrier(2)
        runs = []

        async def count(tx: Transaction) -> None:
            n = await read_a(tx)
            runs.append(n)
            if len(runs) <= 2:
                await both_have_read.wait()
            await tx.execute("UPDATE counter SET n = $1 WHERE name = 'a'", (n or 0) + 1)

        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(db.transact("test.count", count, isolation="serializable"))
        assert await db.transact("test.read", read_a) == 3
        assert runs == [1, 1, 2]


async def test_a_deadlock_is_tried_again(counting: DbConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Database.open(counting) as db:
        runs = 0

        async def once_dead(tx: Transaction) -> None:
            nonlocal runs
            runs += 1
            if runs == 1:
                raise asyncpg.DeadlockDetectedError
            await insert_one(tx)

        await db.transact("test.deadlock", once_dead)
        assert await db.transact("test.read", read_a) == 1


async def test_endless_conflicts_end_as_unavailable(counting: DbConfig) -> None:
    async with Database.open(counting) as db:
        runs = 0

        async def never(_tx: Transaction) -> None:
            nonlocal runs
            runs += 1
            raise asyncpg.SerializationError

        with pytest.raises(Unavailable, match="conflicts"):
            await db.transact("test.never", never)
        assert runs == ATTEMPTS


async def test_the_wait_for_a_connection_is_bounded(counting: DbConfig) -> None:
    narrow = msgspec.structs.replace(counting, pool_size=1, pool_wait_seconds=0.1)
    async with Database.open(narrow) as db:

        async def hold(_tx: Transaction) -> None:
            with pytest.raises(Unavailable, match="in use"):
                await db.transact("test.second", insert_one)

        await db.transact("test.hold", hold)


async def test_a_statement_without_end_is_ended_and_the_connection_goes_on(counting: DbConfig) -> None:
    impatient = msgspec.structs.replace(counting, statement_timeout_seconds=0.1, pool_size=1)
    async with Database.open(impatient) as db:

        async def sleep(tx: Transaction) -> None:
            await tx.execute("SELECT pg_sleep(30)")

        with pytest.raises(Unavailable):
            await db.transact("test.sleep", sleep)
        await db.transact("test.insert", insert_one)


async def test_a_cancelled_transaction_lets_go_and_leaves_nothing(counting: DbConfig) -> None:
    async with Database.open(msgspec.structs.replace(counting, pool_size=1)) as db:

        async def insert_then_sleep(tx: Transaction) -> None:
            await insert_one(tx)
            await tx.execute("SELECT pg_sleep(5)")

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await db.transact("test.cancelled", insert_then_sleep)
        assert await db.transact("test.read", read_a) is None


async def test_transactions_are_counted_and_timed_by_name(counting: DbConfig) -> None:
    telemetry = NoTelemetry()
    telemetry.metrics = numbers = Prometheus()
    clock = FakeClock()
    async with Database.open(counting, clock, telemetry=telemetry) as db:

        async def slow(tx: Transaction) -> str:
            clock.advance(2)
            name: str = await tx.fetchval("SHOW application_name")
            return name

        assert await db.transact("test.slow", slow) == "test.slow"
        text = generate_latest(numbers.registry).decode()
    assert 'samvern_db_transactions_total{outcome="committed",transaction="test.slow"} 1.0' in text
    assert 'samvern_db_transaction_seconds_sum{transaction="test.slow"} 2.0' in text


async def test_a_name_that_could_be_sql_is_refused(counting: DbConfig) -> None:
    async with Database.open(counting) as db:
        with pytest.raises(ValueError, match="not a name"):
            await db.transact("x'; DROP TABLE counter; --", insert_one)
