"""Finding a kommune by what people type, over one snapshot. Pure; who receives there is libs/routing's to say.

Kommuner are found by every official name, by names and numbers of before, and by postal code, which only proposes.
Letters are compared without their marks, so that a keyboard without Sami letters finds them too.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from libs.routing.book import Book
from libs.routing.resolve import Resolution, resolve
from libs.statements.snapshot import Bydel, Kommune, Snapshot
from libs.values import Bydelsnummer, Kommunenummer, Place

MAX_MATCHES = 20

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "đ": "d", "ŋ": "n", "ŧ": "t"})
_FORMER = 4
"""Added to the rank of a former name: today's names come first."""
_INSIDE = 4
"""Letters needed before a match inside a word counts."""


@dataclass(frozen=True, slots=True)
class Match:
    """A kommune that may be meant, and why, where its own name does not say so."""

    kommune: Kommune
    former: str = ""
    """Name and number of before, e.g. "Os (1243)"."""
    postal: str = ""
    """Postal code and its place, e.g. "5003 Bergen"."""
    is_exact: bool = False
    """Whether the text is a whole name, of today or before."""


class Places:
    """Answers from one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Raises StatementRefused for a snapshot that contradicts itself."""
        self.snapshot = snapshot
        self.book = Book(snapshot)
        self._names = [(kommune, _names_of(kommune)) for kommune in snapshot.kommuner]
        self._former = [(change, folded(change.gammelt_navn)) for change in snapshot.endringer]

    def resolve(self, kommune: str, bydel: str | None) -> Resolution:
        """Who receives; bydel None is not known. Raises Malformed, NotFound."""
        return resolve(self.book, Kommunenummer.parse(kommune), Bydelsnummer.parse(bydel) if bydel else None)

    def kommune(self, nummer: Kommunenummer) -> Kommune:
        """A kommune that the book has named."""
        kommune = self.book.kommune(nummer)
        assert kommune is not None, "the number came from the book"
        return kommune

    def bydeler(self, kommune: Kommunenummer) -> list[Bydel]:
        """The kommune's bydeler, in order of number."""
        return sorted((each for each in self.snapshot.bydeler if each.kommune == str(kommune)), key=lambda b: b.nummer)

    def bydelsnavn(self, place: Place) -> str:
        """The bydel's name; the kommune's own where no bydel is meant, as KS's senders write it."""
        bydel = self.book.bydel(place)
        return bydel.navn if bydel is not None else self.kommune(place.kommune).navn

    def search(self, text: str) -> list[Match]:
        """Kommuner that may be meant, best first."""
        bare = text.strip()
        if re.fullmatch(r"[0-9]{4}", bare):
            return [*self._of_number(bare), *self._of_postal_code(bare)]
        return self._of_name(folded(bare))[:MAX_MATCHES]

    def _of_number(self, nummer: str) -> list[Match]:
        found = self.book.naavaerende(Kommunenummer(nummer))
        names = [change.gammelt_navn for change, _ in self._former if change.gammelt_nummer == nummer]
        is_former = found != (Kommunenummer(nummer),)
        former = f"{names[0]} ({nummer})" if names and is_former else ""
        return [Match(self.kommune(each), former=former) for each in found]

    def _of_postal_code(self, nummer: str) -> list[Match]:
        code = self.book.postnummer(nummer)
        if code is None:
            return []
        return [Match(self.kommune(Kommunenummer(each)), postal=f"{nummer} {code.sted}") for each in code.kommuner]

    def _of_name(self, wanted: str) -> list[Match]:
        ranked = []
        for kommune, names in self._names:
            rank = _rank(wanted, names)
            ranked.append((rank, Match(kommune, is_exact=rank == 1)))
        for change, name in self._former:
            if rank := _rank(wanted, [name]):
                former = f"{change.gammelt_navn} ({change.gammelt_nummer})"
                today = [self.kommune(Kommunenummer(each)) for each in change.naavaerende]
                match = Match(today[0], former=former, is_exact=rank == 1)
                ranked += [(rank + _FORMER, replace(match, kommune=kommune)) for kommune in today]
        ranked.sort(key=lambda each: (each[0], each[1].kommune.navn, each[1].kommune.nummer))
        best: dict[str, Match] = {}
        for rank, match in ranked:
            if rank:
                best.setdefault(match.kommune.nummer, match)
        return list(best.values())


def shown(kommune: Kommune) -> str:
    """A kommune as it is always shown: all official names, and the fylke, because two are called Herøy."""
    return f"{kommune.navn_offisielt} ({kommune.fylke})"


def folded(text: str) -> str:
    """The text for comparing: lower case, no marks on letters, one blank between words."""
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join(re.findall(r"[a-z0-9]+", "".join(char for char in bare if not unicodedata.combining(char))))


def _names_of(kommune: Kommune) -> list[str]:
    with_fylke = f"{kommune.navn} {kommune.fylke}"
    names = [kommune.navn, kommune.navn_offisielt, *kommune.navn_alle, shown(kommune), with_fylke]
    return list(dict.fromkeys(folded(name) for name in names))


def _rank(wanted: str, names: Iterable[str]) -> int:
    """1 the name itself, 2 its beginning, 3 the beginning of a word, 4 inside a word; 0 not at all."""
    ranks = [
        rank
        for name in names
        for rank, fits in (
            (1, name == wanted),
            (2, name.startswith(wanted)),
            (3, f" {wanted}" in name),
            (4, len(wanted) >= _INSIDE and wanted in name),
        )
        if fits and wanted
    ]
    return min(ranks, default=0)
