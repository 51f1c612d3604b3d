"""What is kept, on real PostgreSQL."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from libs.db.database import Database
from libs.errors import Malformed, Unavailable
from libs.statements.snapshot import Snapshot
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.world import START
from services.directory.domain import Connected, Logged, Tjeneste, changed
from services.directory.store import KEPT_SNAPSHOTS, Store
from services.directory.tables import Tables
from services.directory.tests.conftest import Receivers, tjeneste_of

LATER = START + timedelta(hours=1)


def importing(*wanted: Tjeneste) -> Callable[[Connected], Sequence[Tjeneste]]:
    return lambda connected: changed(connected, wanted)


def indices(*tjenester: Tjeneste) -> dict[str, int]:
    return {tjeneste.certificate.key_id: number for number, tjeneste in enumerate(tjenester)}


async def newest(store: Store) -> Snapshot:
    return msgspec.json.decode((await store.newest_snapshot()).payload, type=Snapshot)


@pytest.fixture
def bergen(receivers: Receivers) -> Tjeneste:
    return tjeneste_of(receivers("bergen"), "4601-00", telefon="+47 00 00 00 00")


@pytest.fixture
def sogn(receivers: Receivers) -> Tjeneste:
    return tjeneste_of(receivers("sogn"), "4640-00", "4642-00", channel="hosted_node")


async def test_tables_are_loaded_once_and_come_back_as_they_were(store: Store, tables: Tables) -> None:
    assert await store.load_tables(tables, START) is True
    assert await store.load_tables(tables, LATER) is False
    snapshot = await newest(store)
    assert snapshot == Snapshot(
        version=1,
        issued_at="2026-11-22T09:00:00Z",
        kommuner=tables.kommuner,
        endringer=tables.endringer,
        postnummer=tables.postnummer,
        bydeler=tables.bydeler,
        tjenester=(),
    )


async def test_other_tables_replace_them_and_keep_the_tjenester(store: Store, tables: Tables, bergen: Tjeneste) -> None:
    await store.load_tables(tables, START)
    await store.save_tjenester(importing(bergen), indices(bergen), START)
    newer = replace(tables, bydeler=tables.bydeler[:3], sha256=bytes(32))
    assert await store.load_tables(newer, LATER) is True
    snapshot = await newest(store)
    assert snapshot.version == 3
    assert snapshot.bydeler == tables.bydeler[:3]
    assert [tjeneste.id for tjeneste in snapshot.tjenester] == ["bergen"]


async def test_nothing_is_known_before_the_tables_are_loaded(store: Store) -> None:
    with pytest.raises(Unavailable):
        await store.newest_snapshot()
    await store.make_snapshot(START, LATER)
    with pytest.raises(Unavailable):
        await store.newest_snapshot()


async def test_tjenester_come_back_as_they_were_saved(
    store: Store, tables: Tables, bergen: Tjeneste, sogn: Tjeneste
) -> None:
    await store.load_tables(tables, START)
    assert await store.save_tjenester(importing(sogn, bergen), indices(bergen, sogn), START) == 2
    assert await store.load_connected() == Connected(
        (bergen, sogn),
        {bergen.certificate.key_id: Logged(bergen.id, 0), sogn.certificate.key_id: Logged(sogn.id, 1)},
    )


async def test_the_same_import_again_changes_nothing(store: Store, tables: Tables, bergen: Tjeneste) -> None:
    await store.load_tables(tables, START)
    await store.save_tjenester(importing(bergen), indices(bergen), START)
    before = await store.newest_snapshot()
    assert await store.save_tjenester(importing(bergen), {}, LATER) == 0
    assert await store.newest_snapshot() == before


async def test_a_refused_import_changes_nothing(store: Store, tables: Tables, bergen: Tjeneste, sogn: Tjeneste) -> None:
    await store.load_tables(tables, START)
    await store.save_tjenester(importing(bergen), indices(bergen), START)
    before = await store.newest_snapshot()
    with pytest.raises(Malformed):
        await store.save_tjenester(importing(replace(sogn, places=bergen.places)), indices(bergen, sogn), LATER)
    assert await store.newest_snapshot() == before


async def test_of_two_imports_at_once_for_one_place_one_is_refused(
    store: Store, tables: Tables, bergen: Tjeneste, sogn: Tjeneste
) -> None:
    await store.load_tables(tables, START)
    outcomes: list[str] = []

    async def save(tjeneste: Tjeneste) -> None:
        try:
            await store.save_tjenester(importing(tjeneste), indices(bergen, sogn), START)
            outcomes.append("saved")
        except Malformed:
            outcomes.append("refused")

    async with asyncio.TaskGroup() as group:
        group.create_task(save(bergen))
        group.create_task(save(replace(sogn, places=bergen.places)))
    assert sorted(outcomes) == ["refused", "saved"]


async def test_a_change_ends_the_old_row_and_dates_the_new(
    tables: Tables, bergen: Tjeneste, database: DatabaseFactory
) -> None:
    async with Database.open(database("directory")) as opened:
        store = Store(opened)
        await store.load_tables(tables, START)
        await store.save_tjenester(importing(bergen), indices(bergen), START)
        renamed = replace(bergen, navn="Barnevernet i Bergen")
        await store.save_tjenester(importing(renamed), {}, LATER)
        assert (await store.load_connected()).tjenester == (renamed,)
        rows = await opened.transact(
            "test.rows",
            lambda tx: tx.fetch("SELECT revision, navn, gyldig_fra, gyldig_til FROM tjeneste ORDER BY revision"),
        )
    assert [tuple(row) for row in rows] == [
        (1, bergen.navn, START, LATER),
        (2, renamed.navn, LATER, None),
    ]


async def test_a_place_moves_from_one_tjeneste_to_another_in_one_transaction(
    store: Store, tables: Tables, bergen: Tjeneste, sogn: Tjeneste
) -> None:
    await store.load_tables(tables, START)
    await store.save_tjenester(importing(bergen, sogn), indices(bergen, sogn), START)
    larger, smaller = replace(bergen, places=(*bergen.places, sogn.places[0])), replace(sogn, places=sogn.places[1:])
    assert await store.save_tjenester(importing(larger, smaller), {}, LATER) == 2
    assert (await store.load_connected()).tjenester == (larger, smaller)


async def test_a_new_certificate_replaces_the_old_in_the_snapshot_and_the_old_stays_known(
    store: Store, tables: Tables, bergen: Tjeneste, receivers: Receivers
) -> None:
    await store.load_tables(tables, START)
    await store.save_tjenester(importing(bergen), indices(bergen), START)
    renewed = replace(bergen, certificate=tjeneste_of(receivers("spare")).certificate)
    await store.save_tjenester(importing(renewed), {renewed.certificate.key_id: 7}, LATER)
    (published,) = (await newest(store)).tjenester
    assert [(each.key_id, each.log_index) for each in published.certificates] == [(renewed.certificate.key_id, 7)]
    assert list((await store.load_connected()).certificates) == [bergen.certificate.key_id, renewed.certificate.key_id]


async def test_a_snapshot_is_published_when_it_is_signed(store: Store, tables: Tables) -> None:
    await store.load_tables(tables, START)
    with pytest.raises(Unavailable):
        await store.newest_statement(0)
    await store.sign_snapshot(1, "first")
    assert (await store.newest_snapshot()).is_signed
    assert await store.newest_statement(0) == "first"
    assert await store.newest_statement(1) is None
    assert await store.newest_statement(9) is None


async def test_the_last_signed_one_is_served_while_a_newer_waits_for_its_signature(
    store: Store, tables: Tables, bergen: Tjeneste
) -> None:
    await store.load_tables(tables, START)
    await store.sign_snapshot(1, "first")
    await store.save_tjenester(importing(bergen), indices(bergen), START)
    assert await store.newest_statement(0) == "first"
    assert not (await store.newest_snapshot()).is_signed


async def test_what_was_replaced_before_it_was_signed_is_never_signed(store: Store, tables: Tables) -> None:
    await store.load_tables(tables, START)
    await store.make_snapshot(LATER, LATER)
    await store.sign_snapshot(1, "too late")
    with pytest.raises(Unavailable):
        await store.newest_statement(0)
    assert (await store.newest_snapshot()).version == 2


async def test_a_signed_version_keeps_its_first_statement(store: Store, tables: Tables) -> None:
    await store.load_tables(tables, START)
    await store.sign_snapshot(1, "first")
    await store.sign_snapshot(1, "second")
    assert await store.newest_statement(0) == "first"


async def test_a_snapshot_is_made_anew_only_when_it_is_old(store: Store, tables: Tables) -> None:
    await store.load_tables(tables, START)
    await store.make_snapshot(START, LATER)
    assert (await store.newest_snapshot()).version == 1
    await store.make_snapshot(START + timedelta(seconds=1), LATER)
    assert (await newest(store)).issued_at == "2026-11-22T10:00:00Z"


async def test_ten_snapshots_are_kept(database: DatabaseFactory, tables: Tables) -> None:
    async with Database.open(database("directory")) as opened:
        store = Store(opened)
        await store.load_tables(replace(tables, postnummer=()), START)
        for number in range(1, 14):
            await store.sign_snapshot(number, f"statement {number}")
            await store.make_snapshot(START + timedelta(hours=number), START + timedelta(hours=number))
        await store.sign_snapshot(14, "statement 14")
        rows = await opened.transact(
            "test.versions", lambda tx: tx.fetch("SELECT version FROM snapshot ORDER BY version")
        )
    assert [row["version"] for row in rows] == list(range(15 - KEPT_SNAPSHOTS, 15))
