"""A snapshot with its pages marked: the same facts, found by number at once."""

from libs.errors import StatementRefused
from libs.statements.snapshot import Bydel, Kommune, Postnummer, Snapshot, Tjeneste
from libs.values import WHOLE_KOMMUNE, Bydelsnummer, Kommunenummer, Place


class Book:
    """One snapshot, to be looked up in."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Raises StatementRefused for a snapshot in which a place has two tjenester, or an unknown kommune is named."""
        self.snapshot = snapshot
        self._kommuner = {kommune.nummer: kommune for kommune in snapshot.kommuner}
        self._naavaerende: dict[str, tuple[str, ...]] = {}
        for endring in snapshot.endringer:
            earlier = self._naavaerende.get(endring.gammelt_nummer, ())
            self._naavaerende[endring.gammelt_nummer] = tuple(dict.fromkeys((*earlier, *endring.naavaerende)))
        self._postnummer = {postnummer.nummer: postnummer for postnummer in snapshot.postnummer}
        self._bydeler: dict[str, dict[str, Bydel]] = {}
        for bydel in snapshot.bydeler:
            self._bydeler.setdefault(bydel.kommune, {})[bydel.nummer] = bydel
        self._served = self._marked()
        self.served_places = tuple(sorted(self._served))
        """Every place with a tjeneste, in order of kommune and bydel."""
        self._divided = {str(place.kommune): True for place in self._served if str(place.bydel) != WHOLE_KOMMUNE}

    def kommune(self, nummer: Kommunenummer) -> Kommune | None:
        """Today's kommune of that number."""
        return self._kommuner.get(str(nummer))

    def naavaerende(self, nummer: Kommunenummer) -> tuple[Kommunenummer, ...]:
        """Today's kommuner behind a number of today or an old one; several after a split, none when it never was."""
        if str(nummer) in self._kommuner:
            return (nummer,)
        return tuple(Kommunenummer(each) for each in self._naavaerende.get(str(nummer), ()))

    def postnummer(self, nummer: str) -> Postnummer | None:
        """The postal code."""
        return self._postnummer.get(nummer)

    def bydel(self, place: Place) -> Bydel | None:
        """The bydel, where the directory names it."""
        return self._bydeler.get(str(place.kommune), {}).get(str(place.bydel))

    def has_bydeler(self, kommune: Kommunenummer) -> bool:
        """Whether the directory names bydeler of the kommune."""
        return str(kommune) in self._bydeler

    def is_divided(self, kommune: Kommunenummer) -> bool:
        """Whether some tjeneste serves only a part of the kommune, so that the bydel decides."""
        return str(kommune) in self._divided

    def tjeneste(self, place: Place) -> Tjeneste | None:
        """The tjeneste that serves exactly this place."""
        return self._served.get(place)

    def standard_place(self, kommune: Kommunenummer) -> Place | None:
        """The place that receives when the reporter does not know the bydel; None when the reporter must choose."""
        for place, tjeneste in self._served.items():
            if place.kommune == kommune and str(place.bydel) == tjeneste.standard_bydel:
                return place
        return None

    def _marked(self) -> dict[Place, Tjeneste]:
        served: dict[Place, Tjeneste] = {}
        for tjeneste in self.snapshot.tjenester:
            for each in tjeneste.places:
                place = Place(Kommunenummer(each.kommune), Bydelsnummer(each.bydel))
                if place in served or each.kommune not in self._kommuner:
                    raise StatementRefused(f"the snapshot gives {place} two tjenester, or does not know its kommune")
                served[place] = tjeneste
        return served
