"""What is said when the wire is cut or the server dies: nothing done, or not known; never a wrong «done»."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from libs.db.config import DbConfig
from libs.db.database import Database, Transaction
from libs.db.tests.proxy import Cut, Wire, wire_to
from libs.errors import OutcomeUnknown, Unavailable
from libs.testing.postgres import TestPostgres


async def insert_one(tx: Transaction) -> None:
    await tx.execute("INSERT INTO counter (name, n) VALUES ('a', 1)")


async def read_a(tx: Transaction) -> int | None:
    n: int | None = await tx.fetchval("SELECT n FROM counter WHERE name = 'a'")
    return n


def through(wire: Wire, config: DbConfig) -> DbConfig:
    return msgspec.structs.replace(config, port=wire.port)


async def test_a_lost_answer_to_commit_is_unknown_although_it_was_done(counting: DbConfig) -> None:
    async with wire_to(counting.port) as wire, Database.open(through(wire, counting)) as db:
        wire.cut_at, wire.cut = b"COMMIT", "after"
        with pytest.raises(OutcomeUnknown):
            await db.transact("test.insert", insert_one)
    async with Database.open(counting) as direct:
        assert await direct.transact("test.read", read_a) == 1


async def test_a_commit_that_never_arrived_is_unknown_too(counting: DbConfig) -> None:
    async with wire_to(counting.port) as wire, Database.open(through(wire, counting)) as db:
        wire.cut_at, wire.cut = b"COMMIT", "before"
        with pytest.raises(OutcomeUnknown):
            await db.transact("test.insert", insert_one)
    async with Database.open(counting) as direct:
        assert await direct.transact("test.read", read_a) is None


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("word", [b"BEGIN", b"INSERT"])
async def test_a_wire_cut_before_commit_means_nothing_was_done(counting: DbConfig, word: bytes, cut: Cut) -> None:
    async with wire_to(counting.port) as wire, Database.open(through(wire, counting)) as db:
        wire.cut_at, wire.cut = word, cut
        with pytest.raises(Unavailable):
            await db.transact("test.insert", insert_one)
    async with Database.open(counting) as direct:
        assert await direct.transact("test.read", read_a) is None


INSERT = "INSERT INTO counter (name, n) VALUES ($1, 1) RETURNING name"
READ = "SELECT name FROM counter WHERE name = $1"


@pytest.mark.parametrize(("cut", "done"), [("before", []), ("after", ["second"])])
async def test_a_changing_statement_whose_answer_is_lost_is_unknown(
    counting: DbConfig, cut: Cut, done: list[str]
) -> None:
    async with wire_to(counting.port) as wire, Database.open(through(wire, counting)) as db:
        # The first time it is prepared as well; the second time its parameters go by with the order to run it.
        await db.statement("test.insert", INSERT, "first", is_change=True)
        wire.cut_at, wire.cut = b"second", cut
        with pytest.raises(OutcomeUnknown):
            await db.statement("test.insert", INSERT, "second", is_change=True)
    async with Database.open(counting) as direct:
        assert [row["name"] for row in await direct.statement("test.read", READ, "second")] == done


async def test_a_reading_statement_whose_answer_is_lost_was_nothing(counting: DbConfig) -> None:
    async with wire_to(counting.port) as wire, Database.open(through(wire, counting)) as db:
        wire.cut_at, wire.cut = b"SELECT", "after"
        with pytest.raises(Unavailable):
            await db.statement("test.read", READ, "first")


async def test_a_statement_that_is_refused_is_its_callers_own_to_understand(counting: DbConfig) -> None:
    async with Database.open(counting) as db:
        await db.statement("test.insert", INSERT, "first", is_change=True)
        with pytest.raises(asyncpg.UniqueViolationError):
            await db.statement("test.insert", INSERT, "first", is_change=True)
        assert [row["name"] for row in await db.statement("test.read", READ, "first")] == ["first"]


async def test_a_silent_server_is_left_after_a_while(counting: DbConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.db.pool._GRACE_SECONDS", 0.0)
    async with wire_to(counting.port) as wire:
        hasty = msgspec.structs.replace(counting, port=wire.port, statement_timeout_seconds=0.2)
        async with Database.open(hasty) as db:
            await db.transact("test.read", read_a)
            wire.is_silent = True
            with pytest.raises(Unavailable):
                await db.transact("test.insert", insert_one)


async def test_a_backend_ended_by_an_operator_means_nothing_was_done(
    postgres: TestPostgres, counting: DbConfig
) -> None:
    async with Database.open(counting) as db:

        async def insert_then_be_ended(tx: Transaction) -> None:
            await insert_one(tx)
            pid = await tx.fetchval("SELECT pg_backend_pid()")
            other = await asyncpg.connect(
                host="127.0.0.1",
                port=counting.port,
                user="counting",
                password=counting.password(),
                database=counting.database,
            )
            await other.execute("SELECT pg_terminate_backend($1)", pid)
            await other.close()
            await tx.execute("SELECT 1")

        with pytest.raises(Unavailable):
            await db.transact("test.ended", insert_then_be_ended)
        assert await db.transact("test.read", read_a) is None


class TestAServerOfItsOwn:
    """These kill the whole server, so each has one."""

    @pytest.fixture
    def own(self, tmp_path: Path) -> Iterator[TestPostgres]:
        running = TestPostgres(tmp_path)
        yield running
        running.close()

    async def test_a_server_killed_in_a_transaction_loses_it_and_keeps_what_was_committed(
        self, own: TestPostgres
    ) -> None:
        config = own.database("counting", Path(__file__).parent / "migrations")
        async with Database.open(config) as db:
            await db.transact("test.insert", insert_one)

            async def change_then_kill(tx: Transaction) -> None:
                await tx.execute("UPDATE counter SET n = 2 WHERE name = 'a'")
                # Its server process too: it might answer once more before it notices.
                os.kill(await tx.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
                own.cluster.kill()
                await tx.execute("SELECT 1")

            with pytest.raises(Unavailable):
                await db.transact("test.change", change_then_kill)
            with pytest.raises(Unavailable):
                await db.transact("test.read", read_a)
            own.cluster.start()
            assert await db.transact("test.read", read_a) == 1

    async def test_a_server_killed_at_commit_leaves_the_outcome_unknown(self, own: TestPostgres) -> None:
        config = own.database("counting", Path(__file__).parent / "migrations")
        async with Database.open(config) as db:

            async def insert_then_kill(tx: Transaction) -> None:
                await insert_one(tx)
                # The next thing said to this server process, already dead, is COMMIT.
                os.kill(await tx.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)

            with pytest.raises(OutcomeUnknown):
                await db.transact("test.insert", insert_then_kill)
            # One killed process makes PostgreSQL restart all others; the pool finds its way back.
            assert await until_it_is_back(db) is None

    async def test_a_program_may_start_before_its_server(self, own: TestPostgres) -> None:
        config = own.database("counting", Path(__file__).parent / "migrations")
        own.cluster.stop()
        async with Database.open(config) as db:
            with pytest.raises(Unavailable):
                await db.transact("test.insert", insert_one)
            own.cluster.start()
            await db.transact("test.insert", insert_one)


async def until_it_is_back(db: Database) -> int | None:
    for _ in range(100):
        try:
            return await db.transact("test.read", read_a)
        except Unavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not come back")
