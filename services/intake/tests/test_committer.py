"""Groups share a commit; one bad melding fails alone, and nobody hears «received» without a commit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from libs.db.database import Database
from libs.errors import Internal, KeyConflict, OutcomeUnknown, Overloaded, SamvernError, Unavailable
from libs.keystore import MemoryKeystore
from libs.loops.bell import Bell
from libs.statements import Typ, verify
from libs.statements.payloads import Receipt, decode
from libs.telemetry.metrics import Prometheus
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.trust import TestTrust
from libs.testing.world import FakeClock, SeededIds
from libs.values import Digest
from services.intake import committer as module
from services.intake.accepting import Acceptor
from services.intake.committer import Committer
from services.intake.domain import Admitted, SenderKey
from services.intake.fake import FakeIntake
from services.intake.numbering import Candidate
from services.intake.receipt_key import ReceiptKey
from services.intake.store.contract import AcceptStore, Decide, Decision
from services.intake.store.memory import MemoryStore
from services.intake.store.postgres_accept import PostgresAcceptStore
from services.intake.store.postgres_outbox import PostgresOutboxStore
from services.intake.tests.conftest import Sender

POISON = "\x00"
"""PostgreSQL takes no such character in a text: a row that only the database refuses."""

COUNTED = "samvern_intake_meldinger_total"
OUTCOMES = ("accepted", "repeated", "conflict")


@pytest.fixture
async def key(trust: TestTrust) -> ReceiptKey:
    return (await FakeIntake.new(trust)).key


class Scripted(MemoryStore):
    """Counts transactions, and fails those it is told to."""

    def __init__(self, *failures: Exception | None) -> None:
        super().__init__()
        self.groups: list[int] = []
        self._failures = list(failures)
        self.is_let_go = asyncio.Event()
        self.is_let_go.set()

    async def accept(self, group: Sequence[Candidate], decide: Decide) -> Decision:
        self.groups.append(len(group))
        await self.is_let_go.wait()
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        return await super().accept(group, decide)


@asynccontextmanager
async def committing(store: AcceptStore, key: ReceiptKey) -> AsyncIterator[Committer]:
    ids = SeededIds(1)
    committer = Committer(Acceptor(store, key, "one disk", FakeClock(), ids, NoTelemetry()), Bell(), NoTelemetry())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(committer.run())
        yield committer
        running.cancel()


async def answer_of(committer: Committer, admitted: Admitted, traceparent: str = "") -> str | SamvernError:
    try:
        return await committer.submit(admitted, traceparent)
    except SamvernError as error:
        return error


async def answers_of(
    committer: Committer, meldinger: Sequence[Admitted], poisoned: int = -1
) -> list[str | SamvernError]:
    """All at once; the one with index `poisoned` cannot be written."""
    async with asyncio.TaskGroup() as tasks:
        asked = [
            tasks.create_task(answer_of(committer, each, POISON if index == poisoned else ""))
            for index, each in enumerate(meldinger)
        ]
    return [each.result() for each in asked]


def number_in(answer: str | SamvernError, trust: TestTrust) -> int:
    assert isinstance(answer, str), answer
    return decode(verify(answer, Typ.RECEIPT, trust.root), Receipt).number


async def test_what_waits_during_a_commit_shares_the_next(key: ReceiptKey, sender: Sender, trust: TestTrust) -> None:
    store = Scripted()
    async with committing(store, key) as committer:
        answers = await answers_of(committer, [sender.admitted() for _ in range(5)])
    assert sorted(store.groups) == [5]
    assert [number_in(each, trust) for each in answers] == [1, 2, 3, 4, 5]


async def test_a_repeat_gets_the_very_same_bytes_also_in_one_group(key: ReceiptKey, sender: Sender) -> None:
    melding = sender.admitted()
    async with committing(Scripted(), key) as committer:
        first, second = await answers_of(committer, [melding, melding])
        assert first == second == await committer.submit(melding, "")


async def test_other_bytes_under_a_key_are_a_conflict_for_that_one_only(
    key: ReceiptKey, sender: Sender, trust: TestTrust
) -> None:
    first = sender.admitted()
    other = replace(first.submission, digest=Digest(bytes(32)))
    async with committing(Scripted(), key) as committer:
        answers = await answers_of(committer, [first, replace(first, submission=other), sender.admitted()])
    assert [number_in(answers[0], trust), number_in(answers[2], trust)] == [1, 2]
    assert isinstance(answers[1], KeyConflict)


@pytest.mark.parametrize("poisoned", range(5))
async def test_a_melding_that_the_database_refuses_fails_alone(
    poisoned: int, key: ReceiptKey, sender: Sender, trust: TestTrust, database: DatabaseFactory
) -> None:
    meldinger = [sender.admitted() for _ in range(5)]
    async with Database.open(database("intake")) as opened, committing(PostgresAcceptStore(opened), key) as committer:
        answers = await answers_of(committer, meldinger, poisoned)
        again = await answers_of(committer, meldinger, poisoned)
        events = await PostgresOutboxStore(opened).list_events(0, 10)
    assert isinstance(answers.pop(poisoned), Internal)
    assert isinstance(again.pop(poisoned), Internal)
    assert again == answers
    assert [number_in(each, trust) for each in answers] == [1, 2, 3, 4]
    assert [event.position for event in events] == [1, 2, 3, 4]


async def test_an_unknown_outcome_is_everybodys_and_repeating_finds_it(
    key: ReceiptKey, sender: Sender, trust: TestTrust
) -> None:
    meldinger = [sender.admitted() for _ in range(3)]
    async with committing(Scripted(OutcomeUnknown("lost")), key) as committer:
        answers = await answers_of(committer, meldinger)
        assert [type(each) for each in answers] == [OutcomeUnknown] * 3
        assert all(isinstance(each, OutcomeUnknown) and "same key" in each.detail for each in answers)
        again = await answers_of(committer, meldinger)
    assert [number_in(each, trust) for each in again] == [1, 2, 3]


async def test_an_absent_store_is_unavailable_for_everybody_and_says_when_to_repeat(
    key: ReceiptKey, sender: Sender
) -> None:
    async with committing(Scripted(Unavailable("away")), key) as committer:
        answers = await answers_of(committer, [sender.admitted(), sender.admitted()])
    assert [type(each) for each in answers] == [Unavailable] * 2
    assert all(isinstance(each, Unavailable) and each.retry_after_seconds for each in answers)


async def test_one_too_many_is_told_to_come_again(
    key: ReceiptKey, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    store = Scripted()
    async with committing(store, key) as committer:
        answers = await answers_of(committer, [sender.admitted() for _ in range(4)])
    assert [type(each) for each in answers] == [str, str, Overloaded, Overloaded]


async def test_too_many_bytes_at_once_are_told_to_come_again(
    key: ReceiptKey, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    melding = sender.admitted()
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", melding.size_bytes)
    async with committing(Scripted(), key) as committer:
        answers = await answers_of(committer, [melding, sender.admitted()])
    assert [type(each) for each in answers] == [str, Overloaded]


async def test_a_group_is_bounded_in_number_and_bytes(
    key: ReceiptKey, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    meldinger = [sender.admitted() for _ in range(5)]
    store = Scripted()
    monkeypatch.setattr(module, "MAX_GROUP", 2)
    async with committing(store, key) as committer:
        await answers_of(committer, meldinger[:3])
        monkeypatch.setattr(module, "MAX_GROUP_BYTES", 1)
        await answers_of(committer, meldinger[3:])
    assert store.groups == [2, 1, 1, 1]


async def test_who_gives_up_before_the_commit_is_not_accepted(key: ReceiptKey, sender: Sender) -> None:
    store = Scripted()
    store.is_let_go.clear()
    async with committing(store, key) as committer, asyncio.TaskGroup() as tasks:
        tasks.create_task(committer.submit(sender.admitted(), ""))
        await asyncio.sleep(0.01)
        impatient = tasks.create_task(committer.submit(sender.admitted(), ""))
        patient = tasks.create_task(committer.submit(sender.admitted(), ""))
        await asyncio.sleep(0.01)
        impatient.cancel()
        await asyncio.sleep(0.01)
        store.is_let_go.set()
        await patient
    assert store.groups == [1, 1]


async def test_a_reference_in_use_is_drawn_again(key: ReceiptKey, sender: Sender, trust: TestTrust) -> None:
    class Repeating(SeededIds):
        drawn = 0

        def token(self, n_bytes: int) -> bytes:
            self.drawn += n_bytes == 5
            return bytes(n_bytes) if self.drawn < 4 else super().token(n_bytes)

    acceptor = Acceptor(MemoryStore(), key, "one disk", FakeClock(), Repeating(), NoTelemetry())
    first, second = [await acceptor.accept([acceptor.draw(sender.admitted(), "")]) for _ in range(2)]
    assert [number_in(each, trust) for each in (*first, *second)] == [1, 2]


async def test_what_became_of_each_melding_is_counted(key: ReceiptKey, sender: Sender) -> None:
    numbers = Prometheus()
    telemetry = Telemetry(NoTelemetry().log, NoTelemetry().tracing, numbers)
    acceptor = Acceptor(MemoryStore(), key, "one disk", FakeClock(), SeededIds(1), telemetry)
    first, other = sender.admitted(), sender.admitted()
    for melding in (first, first, replace(other, submission=replace(other.submission, key=first.submission.key))):
        await acceptor.accept([acceptor.draw(melding, "")])
    counted = {outcome: numbers.registry.get_sample_value(COUNTED, {"outcome": outcome}) for outcome in OUTCOMES}
    assert counted == {"accepted": 1.0, "repeated": 1.0, "conflict": 1.0}


async def test_a_key_that_was_never_certified_accepts_nothing(trust: TestTrust, sender: Sender) -> None:
    keystore = MemoryKeystore()
    key = await ReceiptKey.open(keystore, trust.root, MemoryStore())
    store = Scripted()
    async with committing(store, key) as committer:
        assert isinstance(await answer_of(committer, sender.admitted()), Unavailable)
    assert store.groups == []


async def test_two_replicas_number_without_gaps_and_answer_repeats_alike(
    key: ReceiptKey, sender: Sender, oslo_sender: Sender, trust: TestTrust, database: DatabaseFactory
) -> None:
    meldinger = [each.admitted() for _ in range(10) for each in (sender, oslo_sender)]
    config = database("intake")
    async with (
        Database.open(config) as one,
        Database.open(config) as other,
        committing(PostgresAcceptStore(one), key) as first,
        committing(PostgresAcceptStore(other), key) as second,
        asyncio.TaskGroup() as tasks,
    ):
        here = tasks.create_task(answers_of(first, meldinger))
        there = tasks.create_task(answers_of(second, meldinger))
        assert await here == await there
        events = await PostgresOutboxStore(one).list_events(0, 100)
    assert [event.position for event in events] == list(range(1, 21))
    assert sorted(number_in(each, trust) for each in here.result()) == sorted([*range(1, 11)] * 2)


async def test_a_melding_id_under_another_key_is_a_conflict(key: ReceiptKey, sender: Sender) -> None:
    melding = sender.admitted()
    other = replace(melding, submission=replace(melding.submission, key=SenderKey(("native", "another key 12345"))))
    async with committing(Scripted(), key) as committer:
        await committer.submit(melding, "")
        assert isinstance(await answer_of(committer, other), KeyConflict)
