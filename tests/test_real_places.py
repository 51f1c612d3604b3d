"""The rules of routing over the real tables: every kommune, every number that ended, every postal code."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from libs.errors import NotFound
from libs.routing.book import Book
from libs.routing.resolve import Outcome, Resolution, resolve
from libs.routing.tests.snapshots import tjeneste
from libs.statements.snapshot import Snapshot, Tjeneste
from libs.values import WHOLE_KOMMUNE, Bydelsnummer, Kommunenummer, Place
from services.directory.tables import read_tables

TABLES = read_tables()
KOMMUNER = [kommune.nummer for kommune in TABLES.kommuner]
ENDED = [endring.gammelt_nummer for endring in TABLES.endringer]
POSTNUMMER = [postnummer.nummer for postnummer in TABLES.postnummer]
OSLO = [bydel.nummer for bydel in TABLES.bydeler if bydel.kommune == "0301"]
DEMO = (
    tjeneste("bergen", ("4601", "00")),
    tjeneste("indre-sogn", ("4640", "00"), ("4641", "00"), ("4642", "00")),
    tjeneste("oslo-gamle-oslo", ("0301", "01")),
    tjeneste("oslo-grunerlokka", ("0301", "02")),
)

numbers = st.one_of(st.sampled_from(KOMMUNER), st.sampled_from(ENDED), st.from_regex(r"[0-9]{4}", fullmatch=True))
bydeler = st.one_of(st.none(), st.just(WHOLE_KOMMUNE), st.from_regex(r"[0-9]{2}", fullmatch=True))
postnummer = st.one_of(st.none(), st.sampled_from(POSTNUMMER), st.from_regex(r"[0-9]{4}", fullmatch=True))
served = st.lists(
    st.tuples(st.sampled_from(KOMMUNER), st.sampled_from([WHOLE_KOMMUNE, "01", "02"])), max_size=12, unique=True
)


def book_of(*tjenester: Tjeneste) -> Book:
    return Book(
        Snapshot(
            version=1,
            issued_at="2026-11-22T09:00:00Z",
            kommuner=TABLES.kommuner,
            endringer=TABLES.endringer,
            postnummer=TABLES.postnummer,
            bydeler=TABLES.bydeler,
            tjenester=tjenester,
        )
    )


@cache
def demo() -> Book:
    return book_of(*DEMO)


def ask(book: Book, kommune: str | None, bydel: str | None = None, code: str | None = None) -> Resolution:
    return resolve(book, Kommunenummer(kommune) if kommune else None, Bydelsnummer(bydel) if bydel else None, code)


def test_every_kommune_of_today_has_a_definite_answer() -> None:
    answers = {number: ask(demo(), number) for number in KOMMUNER}
    assert len(answers) == 357
    connected = {number: str(each.tjeneste_id) for number, each in answers.items() if each.tjeneste_id is not None}
    assert connected == {"4601": "bergen", "4640": "indre-sogn", "4641": "indre-sogn", "4642": "indre-sogn"}
    assert answers["0301"] == Resolution(Outcome.CHOOSE_BYDEL, Place.parse("0301", "00"))
    others = [each.outcome for number, each in answers.items() if number not in connected and number != "0301"]
    assert others == [Outcome.NOT_CONNECTED] * 352


def test_every_number_that_ended_finds_todays_kommune_or_asks_which() -> None:
    for number in ENDED:
        answer = ask(demo(), number)
        if answer.outcome is Outcome.CHOOSE_KOMMUNE:
            assert len(answer.candidates) > 1, number
            assert all(str(each) in KOMMUNER for each in answer.candidates), number
        else:
            assert answer.place is not None, number
            assert str(answer.place.kommune) in KOMMUNER, number


def test_known_splits_and_mergers() -> None:
    assert [str(each) for each in ask(demo(), "1507").candidates] == ["1508", "1580"]
    assert [str(each) for each in ask(demo(), "1850").candidates] == ["1806", "1875"]
    assert ask(demo(), "1201") == ask(demo(), "4601")


def test_each_bydel_of_oslo_is_answered_by_itself() -> None:
    outcomes = {number: ask(demo(), "0301", number).outcome for number in OSLO}
    connected = [number for number, outcome in outcomes.items() if outcome is Outcome.CONNECTED]
    assert connected == ["01", "02"]
    assert list(outcomes.values()).count(Outcome.NOT_CONNECTED) == len(OSLO) - 2 >= 13


def test_a_postal_code_alone_never_decides() -> None:
    outcomes = [ask(demo(), None, None, number) for number in POSTNUMMER]
    assert {each.outcome for each in outcomes} == {Outcome.CHOOSE_KOMMUNE}
    assert all(each.place is None and each.tjeneste_id is None for each in outcomes)


@given(numbers, bydeler, postnummer, served)
def test_whoever_receives_serves_the_place_that_is_named(
    number: str, bydel: str | None, code: str | None, places: list[tuple[str, str]]
) -> None:
    book = book_of(*(tjeneste(f"t{index}", place) for index, place in enumerate(places)))
    try:
        answer = ask(book, number, bydel, code)
    except NotFound:
        return
    if answer.outcome is Outcome.CHOOSE_KOMMUNE:
        assert 1 < len(answer.candidates) <= 10
        assert answer.place is None
        return
    assert answer.place is not None
    assert answer.candidates == ()
    receiving = book.tjeneste(answer.place)
    assert (answer.outcome is Outcome.CONNECTED) == (receiving is not None) == (answer.tjeneste_id is not None)
    if receiving is not None:
        assert str(answer.tjeneste_id) == receiving.id
        assert str(answer.place.bydel) in (bydel, WHOLE_KOMMUNE)


@given(numbers, bydeler, postnummer)
def test_an_answer_asked_again_is_the_same_answer(number: str, bydel: str | None, code: str | None) -> None:
    try:
        answer = ask(demo(), number, bydel, code)
    except NotFound:
        return
    if answer.place is not None and answer.outcome is not Outcome.CHOOSE_BYDEL:
        assert ask(demo(), str(answer.place.kommune), str(answer.place.bydel)) == answer


@given(numbers, bydeler, postnummer)
def test_a_postal_code_never_changes_who_receives(number: str, bydel: str | None, code: str | None) -> None:
    try:
        without = ask(demo(), number, bydel)
    except NotFound:
        return
    with_code = ask(demo(), number, bydel, code)
    assert (with_code.outcome, with_code.place, with_code.tjeneste_id) == (
        without.outcome,
        without.place,
        without.tjeneste_id,
    )
    assert sorted(with_code.candidates) == sorted(without.candidates)
