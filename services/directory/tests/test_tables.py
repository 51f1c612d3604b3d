"""The tables say what their sources say, and hang together."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from libs.errors import Precondition
from services.directory.tables import FOLDER, Tables, read_tables


def test_there_are_357_kommuner_in_15_fylker(tables: Tables) -> None:
    assert len(tables.kommuner) == 357
    assert len({kommune.fylkesnummer for kommune in tables.kommuner}) == 15
    assert {kommune.nummer[:2] == kommune.fylkesnummer for kommune in tables.kommuner} == {True}


def test_every_number_is_four_digits_with_its_zeros(tables: Tables) -> None:
    numbers = [kommune.nummer for kommune in tables.kommuner]
    numbers += [postnummer.nummer for postnummer in tables.postnummer]
    numbers += [endring.gammelt_nummer for endring in tables.endringer]
    assert all(len(number) == 4 and number.isdecimal() for number in numbers)
    assert "0301" in numbers
    assert tables.postnummer[0].nummer == "0001"


def test_names_come_one_by_one_the_norwegian_first(tables: Tables) -> None:
    names = {kommune.nummer: kommune.navn_alle for kommune in tables.kommuner}
    assert names["4601"] == ("Bergen",)
    assert names["5540"] == ("Kåfjord", "Gáivuotna", "Kaivuono")
    assert names["5612"] == ("Kautokeino", "Guovdageaidnu")
    assert names["5001"] == ("Trondheim", "Tråante")
    assert Counter(map(len, names.values())) == {1: 331, 2: 22, 3: 4}
    for kommune in tables.kommuner:
        assert sorted(kommune.navn_alle) == sorted(kommune.navn_offisielt.split(" - "))


def test_every_number_that_ended_since_2017_finds_todays_kommuner(tables: Tables) -> None:
    today = {kommune.nummer for kommune in tables.kommuner}
    assert len(tables.endringer) == 478
    for endring in tables.endringer:
        assert endring.gammelt_nummer not in today
        assert endring.naavaerende
        assert set(endring.naavaerende) <= today
        assert "2018-01-01" <= endring.dato <= "2024-01-01"


def test_old_numbers_lead_where_their_people_live_today(tables: Tables) -> None:
    found = {endring.gammelt_nummer: endring.naavaerende for endring in tables.endringer}
    assert found["1201"] == ("4601",)  # Bergen until 2020
    assert found["3005"] == ("3301",)  # Drammen from 2020 to 2023
    assert found["0602"] == ("3301",)  # Drammen until 2020
    assert found["1601"] == ("5001",)  # Trondheim until 2018
    assert found["1613"] == ("5055", "5056", "5059")  # Snillfjord, renumbered and then split in three
    assert found["1850"] == ("1806", "1875")  # Tysfjord
    assert found["1507"] == ("1508", "1580")  # Ålesund, which Haram left
    assert [number for number, today in found.items() if len(today) > 1] == ["1507", "1613", "1850", "5012"]


def test_every_kommune_has_a_postal_code_and_only_the_islands_have_no_kommune(tables: Tables) -> None:
    assert len(tables.postnummer) == 5121
    with_code = {kommune for postnummer in tables.postnummer for kommune in postnummer.kommuner}
    assert with_code == {kommune.nummer for kommune in tables.kommuner}
    without = {postnummer.sted for postnummer in tables.postnummer if not postnummer.kommuner}
    assert without == {
        "Barentsburg",
        "Bjørnøya",
        "Hopen",
        "Jan Mayen",
        "Longyearbyen",
        "Ny-Ålesund",
        "Sveagruva",
    }
    assert Counter(postnummer.kategori for postnummer in tables.postnummer)["P"] == 1534


def test_fifteen_bydeler_of_oslo_have_a_tjeneste_of_their_own(tables: Tables) -> None:
    own = [(bydel.kommune, bydel.nummer) for bydel in tables.bydeler if bydel.har_egen_tjeneste]
    assert own == [("0301", f"{number:02}") for number in range(1, 16)]
    assert Counter(bydel.kommune for bydel in tables.bydeler) == {"0301": 17, "1103": 9, "4601": 8, "5001": 4}


def test_the_digest_follows_the_files(tables: Tables, tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "data")
    assert read_tables(folder) == tables
    file = folder / "bydeler.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Sagene", "Sagene bydel"), encoding="utf-8")
    assert read_tables(folder).sha256 != tables.sha256


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("kommuner.csv", ["0301", "Oslo", "Oslo", "03", "Oslo", "x"]),
        ("utgaatte_numre.csv", ["9998", "Borte", "2020-01-01", "9999"]),
        ("utgaatte_numre.csv", ["4601", "Bergen", "2020-01-01", "4602"]),
        ("postnummer.csv", ["9999", "Ingensteds", "0000", "G"]),
        ("bydeler.csv", ["9999", "01", "Ingen", "ja"]),
        ("kommuner.csv", ["9999", "Ny", "Annet - Navn", "99", "Nytt", "x"]),
    ],
)
def test_tables_that_contradict_themselves_are_refused(tmp_path: Path, name: str, line: list[str]) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "data")
    with (folder / name).open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(line)
    with pytest.raises(Precondition):
        read_tables(folder)
