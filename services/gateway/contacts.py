"""Whom to phone. Numbers come from the texts (112, 116 111 ...) or, for a tjeneste marked demo, from the directory.

A number that nobody has checked is never shown: for all other places there is the kommune's own website.
"""

from dataclasses import dataclass

from libs.statements.snapshot import Tjeneste
from libs.values import Place
from services.gateway.places import Places, shown
from services.gateway.texts import Phone


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to phone about a child at a place."""

    kommune: str
    """Name and fylke."""
    website: str
    """An https address; "" where none is known."""
    phones: tuple[Phone, ...]
    """Those that hold everywhere."""
    tjeneste_phone: str = ""
    """An invented number of a demo tjeneste; "" for all others."""

    def as_json(self) -> dict[str, object]:
        """For the API."""
        numbers = [{"name": phone.name, "number": phone.number} for phone in self.phones]
        return {"kommune": self.kommune, "website": self.website, "phones": numbers}


def contact_of(places: Places, place: Place, phones: tuple[Phone, ...], tjeneste: Tjeneste | None = None) -> Contact:
    """What is known for the place."""
    kommune = places.kommune(place.kommune)
    number = tjeneste.telefon if tjeneste is not None and tjeneste.is_demo else ""
    return Contact(shown(kommune), _website(kommune.nettsted), phones, number)


def _website(address: str) -> str:
    if not address:
        return ""
    return address if address.startswith("https://") else f"https://{address.removeprefix('http://')}"
