"""From what the reporter knows to who receives."""

import pytest

from libs.errors import NotFound, StatementRefused
from libs.routing.book import Book
from libs.routing.resolve import Outcome, Resolution, resolve
from libs.routing.tests.snapshots import TJENESTER, snapshot, tjeneste
from libs.statements.snapshot import Snapshot
from libs.values import Bydelsnummer, Kommunenummer, Place, TjenesteId

BOOK = Book(snapshot())


def ask(kommune: str = "", bydel: str = "", postnummer: str = "", book: Book = BOOK) -> Resolution:
    return resolve(
        book,
        Kommunenummer(kommune) if kommune else None,
        Bydelsnummer(bydel) if bydel else None,
        postnummer or None,
    )


def connected(place: str, tjeneste_id: str) -> Resolution:
    return Resolution(Outcome.CONNECTED, Place.parse(*place.split("-")), TjenesteId(tjeneste_id))


def not_connected(place: str) -> Resolution:
    return Resolution(Outcome.NOT_CONNECTED, Place.parse(*place.split("-")))


def choose(*kommuner: str) -> Resolution:
    return Resolution(Outcome.CHOOSE_KOMMUNE, candidates=tuple(Kommunenummer(each) for each in kommuner))


def test_a_kommune_without_bydeler_receives_as_a_whole() -> None:
    for bydel in ("", "00", "07"):
        assert ask("4639", bydel) == connected("4639-00", "indre-sogn")


def test_an_old_number_finds_todays_kommune() -> None:
    assert ask("1201") == connected("4601-00", "bergen")


def test_todays_number_wins_over_its_history() -> None:
    assert ask("4601") == connected("4601-00", "bergen")


def test_a_split_kommune_must_be_chosen_the_likeliest_first() -> None:
    assert ask("1507") == choose("1508", "1580")
    assert ask("1507", postnummer="6270") == choose("1580", "1508")
    assert ask("1504") == choose("1508", "1580")


def test_a_postal_code_proposes_and_never_decides() -> None:
    assert ask(postnummer="5003") == choose("4601")
    assert ask(postnummer="6899") == choose("4640", "4638")
    assert ask("4639", postnummer="5003") == connected("4639-00", "indre-sogn")


def test_who_knows_nothing_or_an_unknown_postal_code_must_choose() -> None:
    assert ask() == choose()
    assert ask(postnummer="9999") == choose()


def test_a_kommune_that_never_was_is_not_found() -> None:
    with pytest.raises(NotFound, match="no kommune 9998"):
        ask("9998", postnummer="5003")


def test_a_place_without_tjeneste_is_not_connected() -> None:
    assert ask("3103") == not_connected("3103-00")
    assert ask("3103", "04") == not_connected("3103-00")
    assert ask("0301", "03") == not_connected("0301-03")


def test_in_a_divided_kommune_the_bydel_decides() -> None:
    assert ask("0301", "01") == connected("0301-01", "oslo-gamle-oslo")
    assert ask("0301", "02") == connected("0301-02", "oslo-grunerlokka")


def test_in_a_divided_kommune_the_bydel_must_be_chosen() -> None:
    for bydel in ("", "00"):
        assert ask("0301", bydel) == Resolution(Outcome.CHOOSE_BYDEL, Place.parse("0301", "00"))


def test_a_standard_bydel_receives_for_who_does_not_know() -> None:
    standard = tjeneste("oslo-grunerlokka", ("0301", "02"), standard_bydel="02")
    book = Book(snapshot(tjeneste("oslo-gamle-oslo", ("0301", "01")), standard))
    assert ask("0301", book=book) == connected("0301-02", "oslo-grunerlokka")
    assert ask("0301", "03", book=book) == not_connected("0301-03")


def test_an_unknown_bydel_of_a_divided_kommune_is_not_found() -> None:
    with pytest.raises(NotFound, match="kommune 0301 has no bydel 42"):
        ask("0301", "42")


def test_one_tjeneste_for_the_whole_kommune_receives_for_every_bydel() -> None:
    for bydel in ("01", "42"):
        assert ask("4601", bydel) == connected("4601-00", "bergen")


def test_a_bydel_with_its_own_tjeneste_goes_before_the_whole() -> None:
    book = Book(snapshot(*TJENESTER, tjeneste("arna", ("4601", "01"))))
    assert ask("4601", "01", book=book) == connected("4601-01", "arna")
    assert ask("4601", book=book) == connected("4601-00", "bergen")


def test_a_divided_kommune_of_which_nothing_is_connected_is_not_connected() -> None:
    book = Book(snapshot(TJENESTER[0]))
    assert ask("0301", book=book) == not_connected("0301-00")
    assert ask("0301", "01", book=book) == not_connected("0301-01")


@pytest.mark.parametrize("wrong", [("4601", "00"), ("9998", "00")])
def test_a_snapshot_with_two_tjenester_for_a_place_or_an_unknown_kommune_is_refused(wrong: tuple[str, str]) -> None:
    bad: Snapshot = snapshot(*TJENESTER, tjeneste("other", wrong))
    with pytest.raises(StatementRefused):
        Book(bad)
