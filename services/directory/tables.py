"""The tables that come with the program: today's kommuner, numbers that ended, postal codes, bydeler (data/README.md).

Numbers stay text, so that no leading zero is lost. What the files say is checked when they are read: each number once,
every reference to a kommune of today.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.errors import Precondition
from libs.statements.snapshot import Bydel, Endring, Kommune, Postnummer

FOLDER = Path(__file__).resolve().parent / "data"

_FILES = ("kommuner.csv", "utgaatte_numre.csv", "postnummer.csv", "bydeler.csv")


@dataclass(frozen=True)
class Tables:
    """All four, each in order of number."""

    kommuner: tuple[Kommune, ...]
    endringer: tuple[Endring, ...]
    postnummer: tuple[Postnummer, ...]
    bydeler: tuple[Bydel, ...]
    sha256: bytes
    """Over the files, so that a program notices which tables its database has."""


def read_tables(folder: Path = FOLDER) -> Tables:
    """The tables of a folder. Raises Precondition when they contradict themselves."""
    kommuner, endringer, postnummer, bydeler = (_rows(folder / name) for name in _FILES)
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    tables = Tables(
        kommuner=tuple(_kommune(row) for row in kommuner),
        endringer=tuple(_endring(row) for row in endringer),
        postnummer=tuple(_postnummer(row) for row in postnummer),
        bydeler=tuple(_bydel(row) for row in bydeler),
        sha256=digest.digest(),
    )
    _check(tables)
    return tables


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _kommune(row: dict[str, str]) -> Kommune:
    names = row["navn_offisielt"].split(" - ")
    if row["navn"] not in names:
        raise Precondition(f"kommune {row['nummer']}: its Norwegian name is not among its official ones")
    names.remove(row["navn"])
    fields = {name: row[name] for name in ("nummer", "navn", "navn_offisielt", "fylkesnummer", "fylke", "nettsted")}
    return Kommune(**fields, navn_alle=(row["navn"], *names))


def _endring(row: dict[str, str]) -> Endring:
    return Endring(row["nummer"], row["navn"], row["sluttdato"], _several(row["naavaerende"]))


def _postnummer(row: dict[str, str]) -> Postnummer:
    return Postnummer(row["nummer"], row["sted"], _several(row["kommuner"]), row["kategori"])


def _bydel(row: dict[str, str]) -> Bydel:
    return Bydel(row["kommune"], row["nummer"], row["navn"], row["har_egen_tjeneste"] == "ja")


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _check(tables: Tables) -> None:
    kommuner = [kommune.nummer for kommune in tables.kommuner]
    ended = [endring.gammelt_nummer for endring in tables.endringer]
    _check_order("kommuner.csv", kommuner)
    _check_order("utgaatte_numre.csv", ended)
    _check_order("postnummer.csv", [postnummer.nummer for postnummer in tables.postnummer])
    _check_order("bydeler.csv", [f"{bydel.kommune}{bydel.nummer}" for bydel in tables.bydeler])
    known = dict.fromkeys(kommuner)
    if any(number in known for number in ended):
        raise Precondition("utgaatte_numre.csv has a number that is valid today")
    named = [number for endring in tables.endringer for number in endring.naavaerende]
    named += [number for postnummer in tables.postnummer for number in postnummer.kommuner]
    named += [bydel.kommune for bydel in tables.bydeler]
    if any(number not in known for number in named):
        raise Precondition("a table names a kommune that kommuner.csv does not have")


def _check_order(name: str, numbers: Sequence[str]) -> None:
    if list(numbers) != sorted(dict.fromkeys(numbers)):
        raise Precondition(f"{name} is not in order of number, each once")
