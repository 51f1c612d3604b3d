"""How the shelf is filled, renewed, and kept when a neighbour is away or wrong."""

from datetime import timedelta

import pytest

from libs.errors import NotConnected, StatementRefused, Unavailable
from libs.routing.book import Book
from libs.routing.tests.snapshots import snapshot
from libs.statements import Typ, verify
from libs.statements.payloads import Certificate, Label, decode
from libs.testing.labels import TestReceiver
from libs.testing.world import START
from libs.values import Place
from services.routing.tests.neighbours import World

BERGEN = Place.parse("4601", "00")
GAMLE_OSLO = Place.parse("0301", "01")


def read(world: World, place: Place = BERGEN) -> Label:
    statement = world.shelf.label(place, world.clock.now())
    return decode(verify(statement, Typ.LABEL, world.root), Label)


async def test_every_connected_place_has_a_signed_label_ahead_of_time(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    labels = [decode(verify(each, Typ.LABEL, world.root), Label) for each in world.shelf.page(None, START)]
    assert [(each.kommune.nummer, each.bydel.nummer, each.tjeneste.id) for each in labels] == [
        ("0301", "01", "oslo"),
        ("0301", "02", "oslo"),
        ("4601", "00", "bergen"),
    ]


async def test_before_the_first_snapshot_and_before_signing_nothing_is_there(world: World) -> None:
    with pytest.raises(Unavailable, match="no directory snapshot yet"):
        world.shelf.page(None, START)
    await world.publish(world.small())
    await world.worker.pull_snapshot()
    with pytest.raises(Unavailable, match="not signed yet"):
        world.shelf.page(None, START)
    with pytest.raises(Unavailable, match="not signed yet"):
        world.shelf.label(BERGEN, START)


async def test_a_newer_snapshot_makes_all_labels_due_and_rings(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    heard = world.worker.snapshot_turned.listen()
    await world.publish(world.small(version=2))
    await world.worker.pull_snapshot()
    assert heard.is_rung
    assert read(world).directory_version == 1
    await world.work()
    assert read(world).directory_version == 2


async def test_the_same_snapshot_is_not_taken_twice_and_nothing_is_signed_again(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    await world.work()
    assert world.to_keys.calls == ["SignLabels"]


async def test_labels_are_renewed_long_before_they_are_stale(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    world.clock.advance(timedelta(hours=11, minutes=59).total_seconds())
    await world.work()
    assert read(world).issued_at == "2026-11-22T09:00:00Z"
    world.clock.advance(60)
    await world.work()
    assert read(world).issued_at == "2026-11-22T21:00:00Z"


async def test_without_keys_and_directory_the_labels_stay_and_go_stale(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    world.keys.failure = Unavailable("keys is away")
    world.directory.failure = Unavailable("directory is away")
    world.clock.advance(timedelta(days=7).total_seconds())
    with pytest.raises(Unavailable, match="directory is away"):
        await world.worker.pull_snapshot()
    with pytest.raises(Unavailable, match="keys is away"):
        await world.worker.sign_labels()
    assert read(world).fresh_until == "2026-11-23T09:00:00Z"
    assert len(world.shelf.page(None, world.clock.now())) == 3


async def test_a_tjeneste_that_is_gone_or_has_another_certificate_has_no_label_even_without_keys(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    other = TestReceiver.new("bergen").certificate
    await world.publish(snapshot(world.tjeneste("bergen", ("4601", "00"), certificate=other), version=2))
    world.keys.failure = Unavailable("keys is away")
    await world.worker.pull_snapshot()
    with pytest.raises(Unavailable, match="not signed yet"):
        world.shelf.label(BERGEN, START)
    assert world.shelf.book.tjeneste(GAMLE_OSLO) is None
    with pytest.raises(Unavailable, match="not signed yet"):
        world.shelf.label(GAMLE_OSLO, START)


async def test_a_snapshot_that_goes_back_in_time_or_is_forged_is_not_used(world: World) -> None:
    await world.publish(world.small(version=3))
    await world.work()
    await world.publish(world.small(version=2))
    world.directory.version = 4
    with pytest.raises(StatementRefused, match="got snapshot 2, expected one after 3"):
        await world.worker.pull_snapshot()
    await world.publish(world.small(version=5))
    signed = world.directory.statement.rpartition(".")[0]
    world.directory.statement = f"{signed}.{'A' * 86}"
    with pytest.raises(StatementRefused):
        await world.worker.pull_snapshot()
    assert world.shelf.version == 3


async def test_a_label_that_keys_refuses_does_not_keep_the_others_from_being_signed(world: World) -> None:
    wrong_name = Certificate("case", "x" * 43, world.receiver.certificate.der, 0)
    broken = world.tjeneste("broken", ("3103", "00"), certificate=wrong_name)
    published = snapshot(world.tjeneste("bergen", ("4601", "00")), broken)
    world.shelf.turn_to(Book(published))
    while await world.worker.sign_labels():
        pass
    assert read(world).tjeneste.id == "bergen"
    assert len(world.shelf.page(None, START)) == 1
    with pytest.raises(NotConnected, match="no certificate to seal to"):
        world.shelf.label(Place.parse("3103", "00"), START)
    calls = len(world.to_keys.calls)
    await world.worker.sign_labels()
    assert len(world.to_keys.calls) == calls
    world.clock.advance(3600)
    await world.worker.sign_labels()
    assert len(world.to_keys.calls) > calls


async def test_an_ended_certificate_takes_its_label_down(world: World) -> None:
    await world.publish(world.small())
    await world.work()
    world.clock.advance(timedelta(days=731).total_seconds())
    await world.work()
    assert world.shelf.page(None, world.clock.now()) == []
    with pytest.raises(NotConnected, match="no certificate"):
        world.shelf.label(BERGEN, world.clock.now())


async def test_more_places_than_a_batch_are_signed_batch_by_batch_and_listed_page_by_page(world: World) -> None:
    bydeler = [("0301", f"{number:02}") for number in range(1, 100)] + [
        ("4601", f"{number:02}") for number in range(60)
    ]
    await world.publish(snapshot(world.tjeneste("bergen", *bydeler)))
    await world.work()
    assert world.to_keys.calls == ["SignLabels", "SignLabels"]
    first = world.shelf.page(None, START)
    second = world.shelf.page(Place.parse("4601", "00"), START)
    assert (len(first), len(second)) == (100, 59)
    assert world.shelf.page(Place.parse("4601", "59"), START) == []


async def test_other_labels_than_were_asked_for_are_not_taken(world: World) -> None:
    await world.publish(world.small())
    await world.worker.pull_snapshot()
    real = world.keys.SignLabels

    async def swapped(request, context):  # type: ignore[no-untyped-def]
        answer = await real(request, context)
        del answer.labels[-1]
        return answer

    world.keys.SignLabels = swapped  # type: ignore[method-assign]
    with pytest.raises(StatementRefused, match="other labels"):
        await world.worker.sign_labels()
