"""One suite over both stores, and what only PostgreSQL can show."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from libs.db.database import Database, Transaction
from libs.errors import Overloaded
from libs.testing.pytest_plugin import DatabaseFactory
from libs.tlog.hashes import leaf_hash
from libs.tlog.tiles import EntryBundle, all_tiles
from libs.tlog.tree import Growth
from services.audit import domain
from services.audit.domain import LogState, Signing
from services.audit.memory import MemoryStore
from services.audit.store import PostgresStore, Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PADDING = [b"padding %024d" % index for index in range(15)]


def commitment(number: int) -> bytes:
    return b"commitment %021d" % number


@pytest.fixture
async def postgres_store(database: DatabaseFactory) -> AsyncIterator[PostgresStore]:
    async with Database.open(database("audit")) as opened:
        yield PostgresStore(opened)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    stored: PostgresStore = request.getfixturevalue("postgres_store")
    return stored


async def entries_of(store: Store, log: domain.LogName) -> list[bytes]:
    size = (await store.load_state(log)).size
    bundles = [EntryBundle(index, min(256, size - 256 * index)) for index in range(-(-size // 256))]
    return [entry for bundle in bundles for entry in await store.load_entries(log, bundle)]


async def test_a_new_store_has_two_empty_logs_without_checkpoint(store: Store) -> None:
    assert await store.load_state("keys") == LogState(0, 0, None)
    assert await store.load_state("events") == LogState(0, 0, None)
    assert await store.append_batches(PADDING, 16) == 0


async def test_commitments_are_logged_once_in_whole_batches(store: Store) -> None:
    await store.insert_commitments([commitment(1), commitment(2)], NOW)
    await store.insert_commitments([commitment(2), commitment(3)], NOW)
    assert await store.append_batches(PADDING, 16) == 16
    assert await store.append_batches(PADDING, 16) == 0
    assert await entries_of(store, "events") == sorted([commitment(1), commitment(2), commitment(3), *PADDING[:13]])


async def test_a_commitment_repeated_after_it_was_logged_makes_no_entry(store: Store) -> None:
    await store.insert_commitments([commitment(1)], NOW)
    await store.append_batches(PADDING, 16)
    await store.insert_commitments([commitment(1)], NOW)
    assert await store.append_batches(PADDING, 16) == 0
    await store.insert_commitments([commitment(1), commitment(2)], NOW)
    fresh = [b"PADDING %024d" % index for index in range(15)]
    assert await store.append_batches(fresh, 16) == 16
    entries = await entries_of(store, "events")
    assert [entry for entry in entries if entry.startswith(b"commitment")] == [commitment(1), commitment(2)]


async def test_many_waiting_make_several_batches_oldest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("store", "memory"):
        monkeypatch.setattr(f"services.audit.{module}.MAX_BATCHED", 40)
    for number in range(50):
        await store.insert_commitments([commitment(number)], NOW - timedelta(seconds=number))
    assert await store.append_batches(PADDING, 16) == 48
    first = await entries_of(store, "events")
    assert {commitment(number) for number in range(10, 50)} == set(first) - set(PADDING)
    fresh = [b"PADDING %024d" % index for index in range(15)]
    assert await store.append_batches(fresh, 16) == 16


async def test_too_many_waiting_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("store", "memory"):
        monkeypatch.setattr(f"services.audit.{module}.MAX_WAITING", 3)
    await store.insert_commitments([commitment(1), commitment(2)], NOW)
    with pytest.raises(Overloaded):
        await store.insert_commitments([commitment(3), commitment(4)], NOW)
    await store.insert_commitments([commitment(3)], NOW)


async def test_a_key_entry_keeps_its_index(store: Store) -> None:
    assert [await store.append_key_entry(entry) for entry in (b"a", b"b", b"a", b"c", b"b")] == [0, 1, 0, 2, 1]
    assert await entries_of(store, "keys") == [b"a", b"b", b"c"]
    assert (await store.load_state("events")).size == 0


async def test_tiles_are_those_of_the_entries_at_every_size(store: Store) -> None:
    tree = Growth(0)
    number = 0
    for step in (1, 15, 200, 40, 1, 300):
        await store.insert_commitments([commitment(each) for each in range(number, number + step)], NOW)
        assert await store.append_batches([], 1) == step
        for entry in sorted(commitment(each) for each in range(number, number + step)):
            tree.append(leaf_hash(entry))
        number += step
        tiles = list(all_tiles(number))
        assert await store.load_tiles("events", tiles) == {tile: tree.read(tile) for tile in tiles}


async def test_a_leaf_is_found_by_its_hash_in_its_own_log(store: Store) -> None:
    await store.append_key_entry(b"a")
    await store.append_key_entry(b"b")
    assert await store.find_leaf("keys", leaf_hash(b"b")) == 1
    assert await store.find_leaf("keys", leaf_hash(b"c")) is None
    assert await store.find_leaf("events", leaf_hash(b"b")) is None


async def test_the_size_begun_is_asked_for_until_it_is_signed(store: Store) -> None:
    assert await store.begin_signing("keys") == Signing(0, 0)
    await store.finish_signing("keys", 0, "empty")
    assert await store.begin_signing("keys") is None
    await store.append_key_entry(b"a")
    assert await store.begin_signing("keys") == Signing(0, 1)
    await store.append_key_entry(b"b")
    assert await store.begin_signing("keys") == Signing(0, 1)
    await store.finish_signing("keys", 1, "one")
    assert await store.load_state("keys") == LogState(2, 1, "one")
    assert await store.begin_signing("keys") == Signing(1, 2)


async def test_a_late_finish_changes_nothing(store: Store) -> None:
    await store.append_key_entry(b"a")
    await store.begin_signing("keys")
    await store.finish_signing("keys", 1, "one")
    await store.finish_signing("keys", 1, "one, again")
    assert await store.load_state("keys") == LogState(1, 1, "one")
    await store.append_key_entry(b"b")
    await store.begin_signing("keys")
    await store.finish_signing("keys", 1, "one, late")
    assert await store.load_state("keys") == LogState(2, 1, "one")
    assert await store.begin_signing("keys") == Signing(1, 2)


async def test_writers_at_once_leave_a_log_without_gap_or_double(postgres_store: PostgresStore) -> None:
    async def key_entry(number: int) -> None:
        await postgres_store.append_key_entry(b"entry %d" % (number % 10))

    async def batch(number: int) -> None:
        await postgres_store.insert_commitments([commitment(number % 10), commitment(number)], NOW)
        await postgres_store.append_batches([b"%08d padding %015d" % (number, each) for each in range(3)], 4)

    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(key_entry(number))
            tasks.create_task(batch(number))
    await postgres_store.append_batches([b"last padding %019d" % each for each in range(3)], 4)
    assert sorted(await entries_of(postgres_store, "keys")) == [b"entry %d" % number for number in range(10)]
    events = await entries_of(postgres_store, "events")
    logged = sorted(entry for entry in events if entry.startswith(b"commitment"))
    assert logged == [commitment(number) for number in range(20)]
    tree = Growth(0)
    for entry in events:
        tree.append(leaf_hash(entry))
    tiles = list(all_tiles(len(events)))
    assert await postgres_store.load_tiles("events", tiles) == {tile: tree.read(tile) for tile in tiles}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_entry",
        "UPDATE log_entry SET entry = ''",
        "DELETE FROM log_tile",
        "DELETE FROM log",
        "INSERT INTO log (name) VALUES ('other')",
        "TRUNCATE log_entry",
    ],
)
async def test_the_service_role_cannot_take_anything_away(database: DatabaseFactory, statement: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.execute(statement)

    async with Database.open(database("audit")) as opened:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await opened.transact("forbidden", work)
