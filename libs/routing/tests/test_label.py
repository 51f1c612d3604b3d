"""What a label says."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from libs.errors import NotConnected, NotFound
from libs.routing.book import Book
from libs.routing.label import label_for
from libs.routing.tests.snapshots import snapshot, tjeneste
from libs.statements.payloads import Label, Named, Numbered, decode
from libs.testing.labels import TestReceiver
from libs.testing.world import START
from libs.values import Place

END = datetime(2028, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def receiver() -> TestReceiver:
    return TestReceiver.new("oslo-gamle-oslo")


@pytest.fixture
def book(receiver: TestReceiver) -> Book:
    served = tjeneste(
        "oslo-gamle-oslo",
        ("0301", "01"),
        ("4639", "00"),
        certificate=receiver.certificate,
        proof_key=receiver.proof,
    )
    return Book(snapshot(served, version=7))


def test_a_label_says_who_receives_and_what_to_seal_to(book: Book, receiver: TestReceiver) -> None:
    label = label_for(book, Place.parse("0301", "01"), START)
    assert label == Label(
        tjeneste=Named("oslo-gamle-oslo", "Barneverntjenesten oslo-gamle-oslo"),
        kommune=Numbered("0301", "Oslo"),
        bydel=Numbered("01", "Gamle Oslo"),
        channel="own_node",
        custody="node",
        certificates=(receiver.certificate,),
        proof_keys=(receiver.proof,),
        directory_version=7,
        issued_at="2026-11-22T09:00:00Z",
        fresh_until="2026-11-23T09:00:00Z",
        accept_until="2028-11-21T09:00:00Z",
    )
    assert decode(label.encode(), Label) == label


def test_the_whole_kommune_has_no_bydelsnavn(book: Book) -> None:
    assert label_for(book, Place.parse("4639", "00"), START).bydel == Numbered("00", "")


def test_a_label_is_never_fresh_beyond_its_certificate(book: Book) -> None:
    label = label_for(book, Place.parse("0301", "01"), END - timedelta(hours=1))
    assert label.fresh_until == label.accept_until == "2028-11-21T09:00:00Z"


def test_a_place_with_an_ended_certificate_has_no_label(book: Book) -> None:
    with pytest.raises(NotConnected, match="has ended"):
        label_for(book, Place.parse("0301", "01"), END)


def test_a_place_without_tjeneste_has_no_label(book: Book) -> None:
    with pytest.raises(NotConnected, match="0301-03"):
        label_for(book, Place.parse("0301", "03"), START)
    with pytest.raises(NotFound, match="no kommune 1201 today"):
        label_for(book, Place.parse("1201", "00"), START)


def test_the_same_moment_gives_the_same_bytes(book: Book) -> None:
    again = Book(msgspec.convert(msgspec.to_builtins(book.snapshot), type(book.snapshot)))
    place = Place.parse("0301", "01")
    assert label_for(again, place, START).encode() == label_for(book, place, START).encode()
