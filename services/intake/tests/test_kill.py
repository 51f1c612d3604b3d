"""PostgreSQL is killed, or the line to it cut, between any two effects of accepting: nothing is lost, nothing doubled.

The line runs through a relay of ours, which kills at a chosen statement and can swallow the answer to a COMMIT.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from libs.db.config import DbConfig
from libs.db.database import Database
from libs.errors import OutcomeUnknown, SamvernError, Unavailable
from libs.loops.bell import Bell
from libs.statements import Typ, verify
from libs.statements.payloads import Receipt, decode
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.postgres import TestPostgres
from libs.testing.trust import TestTrust
from libs.testing.world import FakeClock, SeededIds
from services.intake.accepting import Acceptor
from services.intake.committer import Committer
from services.intake.domain import Admitted
from services.intake.fake import FakeIntake
from services.intake.receipt_key import ReceiptKey
from services.intake.store.postgres_accept import PostgresAcceptStore
from services.intake.store.postgres_outbox import PostgresOutboxStore
from services.intake.tests.conftest import Sender

LOOK_UP = b"-- accept: where the numbering stands"


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestPostgres]:
    """An instance of this module's own, to be killed."""
    running = TestPostgres(tmp_path_factory.mktemp("mortal"))
    yield running
    running.close()


@dataclass
class Relay:
    """A line to the database that does something once, when words come by."""

    words: bytes = b""
    before: Callable[[], None] | None = None
    """Done before the words are passed on; they are then not passed on."""
    swallows_answer: bool = False
    """The words are passed on, the line is cut when the answer comes."""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ask(reader, there_writer, writer))
                tasks.create_task(self._answer(there_reader, writer))
            there_writer.close()
        writer.close()

    async def _ask(self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        while asked := await _read(reader):
            if self.words and self.words in asked:
                self.words = b""
                if self.before is not None:
                    self.before()
                    break
                self.swallows_answer = True
            there.write(asked)
            with suppress(OSError):
                await there.drain()
        there.close()
        back.close()

    async def _answer(self, there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while answered := await _read(there):
            if self.swallows_answer:
                self.swallows_answer = False
                break
            back.write(answered)
            with suppress(OSError):
                await back.drain()
        back.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(1 << 16)
    except OSError:
        return b""


@asynccontextmanager
async def accepting_over(relay: Relay, config: DbConfig, key: ReceiptKey) -> AsyncIterator[Committer]:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await relay.carry(reader, writer, config.port)

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    through = _through(config, server.sockets[0].getsockname()[1])
    async with server, Database.open(through) as database, asyncio.TaskGroup() as tasks:
        acceptor = Acceptor(PostgresAcceptStore(database), key, "one disk", FakeClock(), SeededIds(2), NoTelemetry())
        committer = Committer(acceptor, Bell(), NoTelemetry())
        running = tasks.create_task(committer.run())
        yield committer
        running.cancel()


def _through(config: DbConfig, port: int) -> DbConfig:
    return DbConfig(config.host, port, config.database, config.user, config.password_file, pool_size=2)


async def submit_all(committer: Committer, meldinger: list[Admitted]) -> list[str | SamvernError]:
    async def submit(melding: Admitted) -> str | SamvernError:
        try:
            return await committer.submit(melding, "")
        except SamvernError as error:
            return error

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(submit(melding)) for melding in meldinger]
    return [each.result() for each in asked]


@pytest.fixture
async def key(trust: TestTrust) -> ReceiptKey:
    return (await FakeIntake.new(trust)).key


async def accept_before(config: DbConfig, key: ReceiptKey, melding: Admitted) -> str:
    async with accepting_over(Relay(), config, key) as committer:
        return await committer.submit(melding, "")


def in_the_write(melding: Admitted) -> bytes:
    """What goes by with the write alone: the look-up names key and id, not the digest."""
    return melding.submission.digest.value


async def statements_in(config: DbConfig) -> list[str]:
    async with Database.open(config) as database:
        return [each.statement for each in await PostgresOutboxStore(database).list_events(0, 100)]


async def check_all_there_once(
    config: DbConfig, key: ReceiptKey, trust: TestTrust, meldinger: list[Admitted], answers: list[str | SamvernError]
) -> None:
    """Repeating answers each, what was answered before alike; each stands once in the outbox, without gaps."""
    async with accepting_over(Relay(), config, key) as committer:
        repeated = await submit_all(committer, meldinger)
    for first, again in zip(answers, repeated, strict=True):
        assert isinstance(again, str)
        assert again == first or not isinstance(first, str)
    receipts = [decode(verify(str(each), Typ.RECEIPT, trust.root), Receipt) for each in repeated]
    assert sorted(receipt.number for receipt in receipts) == list(range(1, len(meldinger) + 1))
    async with Database.open(config) as database:
        events = await PostgresOutboxStore(database).list_events(0, 100)
    assert [event.position for event in events] == list(range(1, len(meldinger) + 1))
    assert sorted(event.statement for event in events) == sorted(str(each) for each in repeated)


async def test_killed_at_the_look_up_nothing_is_accepted_and_nobody_hears_received(
    mortal: TestPostgres, key: ReceiptKey, sender: Sender, trust: TestTrust
) -> None:
    config, meldinger = mortal.database("intake"), [sender.admitted() for _ in range(4)]
    earlier = await accept_before(config, key, meldinger[0])
    async with accepting_over(Relay(LOOK_UP, before=mortal.cluster.kill), config, key) as committer:
        answers = await submit_all(committer, meldinger[1:])
    assert [type(each) for each in answers] == [Unavailable] * 3
    mortal.cluster.start()
    assert await statements_in(config) == [earlier]
    await check_all_there_once(config, key, trust, meldinger, [earlier, *answers])


@pytest.mark.parametrize("is_killed", [True, False])
async def test_when_the_write_never_arrives_its_outcome_is_unknown_and_repeating_settles_it(
    is_killed: bool, mortal: TestPostgres, key: ReceiptKey, sender: Sender, trust: TestTrust
) -> None:
    config, meldinger = mortal.database("intake"), [sender.admitted() for _ in range(4)]
    relay = Relay(before=mortal.cluster.kill if is_killed else lambda: None)
    async with accepting_over(relay, config, key) as committer:
        earlier = await committer.submit(meldinger[0], "")
        relay.words = in_the_write(meldinger[1])
        answers = await submit_all(committer, meldinger[1:])
    assert [type(each) for each in answers] == [OutcomeUnknown] * 3
    if is_killed:
        mortal.cluster.start()
    assert await statements_in(config) == [earlier]
    await check_all_there_once(config, key, trust, meldinger, [earlier, *answers])


async def test_when_the_answer_to_the_write_is_lost_repeating_finds_the_very_receipts(
    mortal: TestPostgres, key: ReceiptKey, sender: Sender, trust: TestTrust
) -> None:
    config, meldinger = mortal.database("intake"), [sender.admitted() for _ in range(4)]
    relay = Relay()
    async with accepting_over(relay, config, key) as committer:
        earlier = await committer.submit(meldinger[0], "")
        relay.words = in_the_write(meldinger[1])
        answers = await submit_all(committer, meldinger[1:])
    assert [type(each) for each in answers] == [OutcomeUnknown] * 3
    written = await statements_in(config)
    assert len(written) == 4, "they were committed"
    await check_all_there_once(config, key, trust, meldinger, [earlier, *answers])
    assert await statements_in(config) == written


async def test_killed_right_after_the_answer_everything_answered_is_there(
    mortal: TestPostgres, key: ReceiptKey, sender: Sender, trust: TestTrust
) -> None:
    config, meldinger = mortal.database("intake"), [sender.admitted() for _ in range(3)]
    async with accepting_over(Relay(), config, key) as committer:
        answers = await submit_all(committer, meldinger)
        mortal.cluster.kill()
    assert all(isinstance(each, str) for each in answers)
    mortal.cluster.start()
    await check_all_there_once(config, key, trust, meldinger, answers)
