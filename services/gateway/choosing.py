"""From what a reporter says of the place to the next page: choose a kommune, choose a bydel, phone, or write. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from libs.errors import Malformed, NotFound
from libs.routing.resolve import Outcome
from libs.statements.snapshot import Bydel, Kommune, Tjeneste
from libs.values import Place
from services.gateway.places import Match, Places

UNKNOWN_BYDEL = "vet-ikke"


@dataclass(frozen=True, slots=True)
class AskKommune:
    """The kommune must still be said."""

    text: str = ""
    """What was typed."""
    matches: tuple[Match, ...] = ()
    """What it may mean."""
    problem: str = ""
    """Key of the text that says what is wrong; "" when nothing is."""
    does_not_know: bool = False


@dataclass(frozen=True, slots=True)
class AskBydel:
    """The bydel must still be said."""

    kommune: Kommune
    bydeler: tuple[Bydel, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MustPhone:
    """Nothing can be sent for this place."""

    place: Place
    is_bydel_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """A place that receives."""

    place: Place
    kommune: Kommune
    tjeneste: Tjeneste


Next = AskKommune | AskBydel | MustPhone | Chosen


def choose(places: Places, answers: Mapping[str, str]) -> Next:
    """What comes next, by the answers `kommune` (a number), `bydel`, `sted` (typed text) and `vet_ikke`."""
    if answers.get("vet_ikke"):
        return AskKommune(does_not_know=True)
    if nummer := answers.get("kommune", ""):
        return _of_number(places, nummer, answers.get("bydel", ""), is_answered="bydel_spurt" in answers)
    return _of_text(places, answers.get("sted", ""))


def _of_text(places: Places, text: str) -> Next:
    if not text.strip():
        return AskKommune(problem="feil_tom")
    matches = tuple(places.search(text))
    exact = [match for match in matches if match.is_exact]
    if len(exact) == 1 and not exact[0].former:
        return _of_number(places, exact[0].kommune.nummer, "", is_answered=False)
    return AskKommune(text, matches, problem="" if matches else "feil_ingen")


def _of_number(places: Places, nummer: str, bydel: str, *, is_answered: bool) -> Next:
    try:
        found = places.resolve(nummer, None if bydel == UNKNOWN_BYDEL else bydel or None)
    except (Malformed, NotFound):
        return AskKommune(problem="feil_ingen")
    if found.outcome is Outcome.CHOOSE_KOMMUNE or found.place is None:
        return AskKommune(nummer, tuple(Match(places.kommune(each)) for each in found.candidates))
    if found.outcome is Outcome.NOT_CONNECTED:
        return MustPhone(found.place)
    kommune = places.kommune(found.place.kommune)
    if found.outcome is Outcome.CHOOSE_BYDEL:
        if bydel == UNKNOWN_BYDEL:
            return MustPhone(found.place, is_bydel_unknown=True)
        bydeler = tuple(places.bydeler(found.place.kommune))
        return AskBydel(kommune, bydeler, problem="feil_bydel" if is_answered else "")
    tjeneste = places.book.tjeneste(found.place)
    assert tjeneste is not None, "connected means that a tjeneste serves the place"
    return Chosen(found.place, kommune, tjeneste)
