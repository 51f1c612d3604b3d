"""From what a reporter knows to who receives. The kommune and the bydel decide; a postal code only proposes, since some
cross a border. What is not certain is asked, never guessed."""

from dataclasses import dataclass
from enum import Enum

from libs.errors import NotFound
from libs.routing.book import Book
from libs.values import WHOLE_KOMMUNE, Bydelsnummer, Kommunenummer, Place, TjenesteId

MAX_CANDIDATES = 10


class Outcome(Enum):
    """What came of it."""

    CONNECTED = "connected"
    NOT_CONNECTED = "not connected"
    CHOOSE_KOMMUNE = "choose kommune"
    CHOOSE_BYDEL = "choose bydel"


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who receives, or what is still to be asked."""

    outcome: Outcome
    place: Place | None = None
    """In today's numbers, as its label names it; None while a kommune must be chosen."""
    tjeneste_id: TjenesteId | None = None
    """Set exactly when connected."""
    candidates: tuple[Kommunenummer, ...] = ()
    """Likely kommuner, best first, while a kommune must be chosen."""


def resolve(
    book: Book,
    kommunenummer: Kommunenummer | None,
    bydelsnummer: Bydelsnummer | None = None,
    postnummer: str | None = None,
) -> Resolution:
    """Who receives for what the reporter knows; None is what the reporter does not know.

    `kommunenummer` may be an old one. Raises NotFound for a kommune that never was, and for a bydel that the kommune
    has not, unless one tjeneste serves the whole kommune anyway.
    """
    proposed = _proposed(book, postnummer)
    if kommunenummer is None:
        return Resolution(Outcome.CHOOSE_KOMMUNE, candidates=proposed[:MAX_CANDIDATES])
    kommuner = book.naavaerende(kommunenummer)
    if not kommuner:
        raise NotFound(f"there is no kommune {kommunenummer}, neither today nor before")
    if len(kommuner) > 1:
        likely = sorted(kommuner, key=lambda each: each not in proposed)
        return Resolution(Outcome.CHOOSE_KOMMUNE, candidates=tuple(likely)[:MAX_CANDIDATES])
    return _in_kommune(book, kommuner[0], bydelsnummer or Bydelsnummer(WHOLE_KOMMUNE))


def _proposed(book: Book, postnummer: str | None) -> tuple[Kommunenummer, ...]:
    found = book.postnummer(postnummer) if postnummer else None
    return tuple(Kommunenummer(each) for each in found.kommuner) if found is not None else ()


def _in_kommune(book: Book, kommune: Kommunenummer, bydel: Bydelsnummer) -> Resolution:
    whole = Place(kommune, Bydelsnummer(WHOLE_KOMMUNE))
    asked = Place(kommune, bydel)
    if book.tjeneste(asked) is not None:
        return _connected(book, asked)
    if book.tjeneste(whole) is not None:
        return _connected(book, whole)
    if asked != whole and book.has_bydeler(kommune) and book.bydel(asked) is None:
        raise NotFound(f"kommune {kommune} has no bydel {bydel}")
    if not book.is_divided(kommune):
        return Resolution(Outcome.NOT_CONNECTED, asked if book.bydel(asked) is not None else whole)
    if asked != whole:
        return Resolution(Outcome.NOT_CONNECTED, asked)
    standard = book.standard_place(kommune)
    return _connected(book, standard) if standard is not None else Resolution(Outcome.CHOOSE_BYDEL, whole)


def _connected(book: Book, place: Place) -> Resolution:
    tjeneste = book.tjeneste(place)
    assert tjeneste is not None, "asked for a place that a tjeneste serves"
    return Resolution(Outcome.CONNECTED, place, TjenesteId(tjeneste.id))
