"""A kommune is found by whatever people call it."""

import msgspec
import pytest

from libs.routing.tests.snapshots import snapshot
from libs.statements.snapshot import Endring, Kommune, Postnummer
from services.gateway.places import Match, Places, folded, shown

KAUTOKEINO = Kommune(
    "5612", "Kautokeino", "Guovdageaidnu - Kautokeino", ("Kautokeino", "Guovdageaidnu"), "56", "Finnmark", ""
)
HEROEY_NORD = Kommune("1818", "Herøy", "Herøy", ("Herøy",), "18", "Nordland", "")
HEROEY_VEST = Kommune("1515", "Herøy", "Herøy", ("Herøy",), "15", "Møre og Romsdal", "")
DEATNU = Kommune("5628", "Tana", "Deatnu - Tana", ("Tana", "Deatnu"), "56", "Finnmark", "")
BASE = snapshot()
PLACES = Places(
    msgspec.structs.replace(
        BASE,
        kommuner=(*BASE.kommuner, KAUTOKEINO, HEROEY_NORD, HEROEY_VEST, DEATNU),
        endringer=(*BASE.endringer, Endring("1243", "Os", "2020-01-01", ("4601",))),
        postnummer=(*BASE.postnummer, Postnummer("4601", "Kristiansand S", ("3103",), "G")),
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bergen", ["4601"]),
        ("  bergen ", ["4601"]),
        ("berg", ["4601"]),
        ("guovdageaidnu", ["5612"]),
        ("GUOVDAGEAIDNU - KAUTOKEINO", ["5612"]),
        ("deatnu", ["5628"]),
        ("Herøy", ["1515", "1818"]),
        ("heroy nordland", ["1818"]),
        ("Herøy (Nordland)", ["1818"]),
        ("Os", ["0301", "4601"]),
        ("1243", ["4601"]),
        ("1507", ["1508", "1580"]),
        ("5003", ["4601"]),
        ("6899", ["4640", "4638"]),
        ("4601", ["4601", "3103"]),
        ("anger", ["4638"]),
        ("ang", []),
        ("Atlantis", []),
        ("", []),
        ("0000", []),
        ("%", []),
    ],
)
def test_kommune_is_found_by(text: str, expected: list[str]) -> None:
    assert [match.kommune.nummer for match in PLACES.search(text)] == expected


def test_match_says_why_where_the_name_does_not() -> None:
    assert PLACES.search("1243") == [Match(PLACES.search("Bergen")[0].kommune, former="Os (1243)")]
    assert PLACES.search("5003") == [Match(PLACES.search("Bergen")[0].kommune, postal="5003 Bergen")]


def test_fylke_is_always_shown() -> None:
    assert [shown(match.kommune) for match in PLACES.search("Herøy")] == ["Herøy (Møre og Romsdal)", "Herøy (Nordland)"]


def test_letters_are_compared_without_their_marks() -> None:
    assert folded("Unjárga – Nesseby") == folded("unjarga nesseby")
    assert folded("Ærø Đŋŧ") == "aero dnt"
