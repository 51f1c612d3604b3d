"""One suite over the Postgres store and its twin."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from libs.db.config import DbConfig
from libs.db.database import Database, Transaction
from libs.errors import NotFound
from libs.statements.payloads import SequenceHead, timestamp
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.world import START, SeededIds
from services.delivery_node.counting import EpochCount, Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import AccessEntry, Act, Person, State
from services.delivery_node.store.contract import DueFetch, NotedFinding, Store
from services.delivery_node.store.memory import MemoryStore
from services.delivery_node.store.postgres import PostgresStore
from services.delivery_node.tests.factory import Centre, Melding

LATER = START + timedelta(minutes=1)
SOMEBODY = Person("0123", "Kari Saksbehandler")
FIRST = MeldingNumber(1, 1)


@pytest.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    make: DatabaseFactory = request.getfixturevalue("database")
    async with Database.open(make("delivery_node")) as database:
        yield PostgresStore(database)


@pytest.fixture
async def centre() -> Centre:
    return await Centre.new()


@pytest.fixture
async def melding(centre: Centre) -> Melding:
    return await centre.melding(1)


async def stored(store: Store, melding: Melding) -> None:
    await store.remember_heads([melding.arrival()], START)
    await store.commit_bytes(melding.which, melding.sealed, START)
    await store.keep_proofs({(melding.which, "stored"): "a.b.c"}, START)


def entry(ids: SeededIds, act: Act = "read", which: MeldingNumber = FIRST) -> AccessEntry:
    return AccessEntry(str(ids.uuid4()), which, START, SOMEBODY, act, "første gjennomlesing")


def numbers(due: list[DueFetch]) -> list[int]:
    return [each.arrival.which.number for each in due]


async def test_a_head_comes_back_as_it_was_remembered(store: Store, melding: Melding) -> None:
    assert await store.remember_heads([melding.arrival()], START) == []
    listed = await store.find(melding.which)
    assert listed.arrival == melding.arrival()
    assert listed.state is State.ON_ITS_WAY
    assert await store.on_its_way() == 1


async def test_a_head_is_remembered_once(store: Store, melding: Melding) -> None:
    assert await store.remember_heads([melding.arrival(), melding.arrival()], START) == []
    assert await store.remember_heads([melding.arrival()], LATER) == []
    assert await store.counts() == [EpochCount(1, known=1, unbroken=1, highest=1, announced=0)]


async def test_another_melding_under_a_number_or_another_number_of_a_melding_is_told(
    store: Store, centre: Centre, melding: Melding
) -> None:
    other = await centre.melding(1)
    moved = await centre.melding(2, melding_id=melding.receipt.melding_id)
    await store.remember_heads([melding.arrival()], START)
    assert await store.remember_heads([other.arrival()], START) == [FIRST]
    assert (await store.find(FIRST)).arrival == melding.arrival()
    with pytest.raises(NotFound):
        await store.find(moved.which)


async def test_counts_tell_where_the_unbroken_run_ends(store: Store, centre: Centre) -> None:
    arrivals = [(await centre.melding(number)).arrival() for number in (1, 2, 4)]
    arrivals.append((await centre.melding(2, epoch=2)).arrival())
    await store.remember_heads(arrivals, START)
    head = SequenceHead(receiver="fjellvik", epoch=2, last_number=3, at=timestamp(START))
    await store.keep_sequence_head(head, "a.b.c", START)
    assert await store.counts() == [
        EpochCount(1, known=3, unbroken=2, highest=4, announced=0),
        EpochCount(2, known=1, unbroken=0, highest=2, announced=3),
    ]
    assert await store.missing(10) == [MeldingNumber(1, 3), MeldingNumber(2, 1), MeldingNumber(2, 3)]
    assert await store.missing(1) == [MeldingNumber(1, 3)]


async def test_an_epoch_may_be_known_from_its_sequence_head_alone(store: Store) -> None:
    head = SequenceHead(receiver="fjellvik", epoch=1, last_number=0, at=timestamp(START))
    await store.keep_sequence_head(head, "a.b.c", START)
    assert await store.counts() == [EpochCount(1, known=0, unbroken=0, highest=0, announced=0)]
    kept = await store.sequence_head(1)
    assert kept is not None
    assert (kept.last_number, kept.at) == (0, timestamp(START))
    assert await store.sequence_head(2) is None


async def test_a_finding_is_counted_and_stands_until_its_matter_is_settled(store: Store, melding: Melding) -> None:
    await store.note(Finding.HEAD_REFUSED, FIRST, START)
    await store.note(Finding.HEAD_REFUSED, FIRST, LATER)
    assert await store.findings() == [NotedFinding(Finding.HEAD_REFUSED, FIRST, START, LATER, 2)]
    await store.remember_heads([melding.arrival()], LATER)
    assert await store.findings() == []


async def test_what_lacks_bytes_is_due_in_order_and_later_when_postponed(store: Store, centre: Centre) -> None:
    meldinger = [await centre.melding(number) for number in (1, 2, 3)]
    await store.remember_heads([each.arrival() for each in meldinger], START)
    await store.postpone_fetch(FIRST, LATER)
    assert numbers(await store.due_fetches(START, 10)) == [2, 3]
    assert numbers(await store.due_fetches(START, 1)) == [2]
    assert numbers(await store.due_fetches(LATER, 10)) == [2, 3, 1]
    await store.hurry_fetches(START)
    assert numbers(await store.due_fetches(START, 10)) == [1, 2, 3]
    assert [each.attempts for each in await store.due_fetches(START, 10)] == [1, 0, 0]


async def test_bytes_are_committed_once_and_read_back_as_they_were(store: Store, melding: Melding) -> None:
    await store.remember_heads([melding.arrival()], START)
    await store.commit_bytes(FIRST, melding.sealed, START)
    await store.commit_bytes(FIRST, (b"others",), LATER)
    assert await store.read_back([FIRST]) == {FIRST: melding.sealed}
    assert [(each.arrival.which, each.kind, each.fact_at) for each in await store.due_signatures(9)] == [
        (FIRST, "stored", START)
    ]
    assert await store.due_fetches(LATER, 10) == []


async def test_a_melding_is_in_the_inbox_once_its_proof_is_kept(store: Store, melding: Melding) -> None:
    await store.remember_heads([melding.arrival()], START)
    await store.commit_bytes(FIRST, melding.sealed, START)
    with pytest.raises(NotFound):
        await store.sealed_parts(FIRST)
    await store.keep_proofs({(FIRST, "stored"): "a.b.c"}, LATER)
    listed = await store.find(FIRST)
    assert (listed.state, listed.stored_at) == (State.NEW, LATER)
    assert await store.sealed_parts(FIRST) == melding.sealed
    assert await store.due_signatures(9) == []


async def test_the_first_statement_of_a_fact_stays(store: Store, melding: Melding) -> None:
    await stored(store, melding)
    await store.keep_proofs({(FIRST, "stored"): "another"}, LATER)
    (due,) = await store.due_sendings(LATER, 9)
    assert due.statement == "a.b.c"


async def test_discarded_bytes_are_fetched_again_and_no_proof_is_due(store: Store, melding: Melding) -> None:
    await store.remember_heads([melding.arrival()], START)
    await store.commit_bytes(FIRST, melding.sealed, START)
    await store.discard_bytes(FIRST, LATER)
    assert await store.read_back([FIRST]) == {}
    assert await store.due_signatures(9) == []
    assert numbers(await store.due_fetches(LATER, 9)) == [1]
    await store.commit_bytes(FIRST, melding.sealed, LATER)
    assert await store.read_back([FIRST]) == {FIRST: melding.sealed}


async def test_proven_bytes_are_not_discarded(store: Store, melding: Melding) -> None:
    await stored(store, melding)
    await store.discard_bytes(FIRST, LATER)
    assert await store.sealed_parts(FIRST) == melding.sealed


async def test_proofs_are_sent_in_order_until_acknowledged(store: Store, centre: Centre) -> None:
    for number in (2, 1):
        await stored(store, await centre.melding(number))
    await store.mark_opened(FIRST, START)
    await store.keep_proofs({(FIRST, "opened"): "d.e.f"}, START)
    due = await store.due_sendings(START, 9)
    assert [(each.arrival.which.number, each.kind) for each in due] == [(1, "stored"), (1, "opened"), (2, "stored")]
    await store.postpone_sending(FIRST, "stored", LATER)
    await store.acknowledge([(MeldingNumber(1, 2), "stored")], START)
    assert [each.kind for each in await store.due_sendings(START, 9)] == ["opened"]
    assert [each.attempts for each in await store.due_sendings(LATER, 9)] == [1, 0]
    await store.hurry_sendings(START)
    assert [each.kind for each in await store.due_sendings(START, 9)] == ["stored", "opened"]


async def test_opened_is_a_fact_once(store: Store, melding: Melding) -> None:
    await store.remember_heads([melding.arrival()], START)
    await store.mark_opened(FIRST, START)
    assert (await store.find(FIRST)).opened_at is None
    await stored(store, melding)
    await store.mark_opened(FIRST, START)
    await store.mark_opened(FIRST, LATER)
    assert (await store.find(FIRST)).opened_at == START
    assert [(each.kind, each.fact_at) for each in await store.due_signatures(9)] == [("opened", START)]


async def test_confirming_logs_and_owes_a_proof_once(store: Store, melding: Melding) -> None:
    ids = SeededIds()
    with pytest.raises(NotFound):
        await store.confirm(entry(ids, "confirm"))
    await stored(store, melding)
    await store.confirm(entry(ids, "confirm"))
    await store.confirm(entry(ids, "confirm"))
    assert (await store.find(FIRST)).state is State.CONFIRMED
    assert [each.kind for each in await store.due_signatures(9)] == ["confirmed"]
    assert [each.act for each in await store.access_list(FIRST)] == ["confirm", "confirm"]


async def test_access_is_logged_once_per_entry_and_listed_newest_first(store: Store, melding: Melding) -> None:
    await stored(store, melding)
    ids = SeededIds()
    first, second = entry(ids), entry(ids, "pdf")
    second = AccessEntry(second.id, FIRST, LATER, SOMEBODY, "pdf", "utskrift")
    for each in (first, second, first):
        await store.log_access(each)
    assert await store.access_list(FIRST) == [second, first]


async def test_access_to_nothing_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.log_access(entry(SeededIds()))


async def test_the_inbox_lists_newest_first_in_pages(store: Store, centre: Centre) -> None:
    await store.remember_heads([(await centre.melding(number)).arrival() for number in (1, 2, 3)], START)
    assert [each.arrival.which.number for each in await store.inbox(2)] == [3, 2]
    assert [each.arrival.which.number for each in await store.inbox(2, MeldingNumber(1, 2))] == [1]


async def test_the_nodes_role_cannot_change_or_take_back_an_access_entry(database: DatabaseFactory) -> None:
    config: DbConfig = database("delivery_node")
    async with Database.open(config) as opened:
        for statement in ("UPDATE access_entry SET reason = 'x'", "DELETE FROM access_entry", "TRUNCATE access_entry"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await opened.transact("tamper", partial(Transaction.execute, query=statement))


async def test_two_processes_of_a_node_do_everything_once(database: DatabaseFactory, centre: Centre) -> None:
    """A second one may run for a moment during an upgrade; races are Postgres' to settle."""
    meldinger = [await centre.melding(number) for number in range(1, 11)]
    async with Database.open(database("delivery_node")) as opened:
        stores = [PostgresStore(opened), PostgresStore(opened)]

        async def one(store: PostgresStore) -> None:
            for each in meldinger:
                await store.remember_heads([each.arrival()], START)
                await store.commit_bytes(each.which, each.sealed, START)
                await store.keep_proofs({(each.which, "stored"): "a.b.c"}, START)
                await store.mark_opened(each.which, START)

        async with asyncio.TaskGroup() as tasks:
            for store in stores:
                tasks.create_task(one(store))
        assert await stores[0].counts() == [EpochCount(1, known=10, unbroken=10, highest=10, announced=0)]
        numbers = [each.which for each in meldinger]
        assert await stores[0].read_back(numbers) == {each.which: each.sealed for each in meldinger}
        assert [due.kind for due in await stores[0].due_signatures(99)] == ["opened"] * 10
