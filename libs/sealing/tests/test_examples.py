"""The examples are whole KS documents about invented people, in the places that their names say."""

import json
import re
from pathlib import Path

import pytest

from libs.sealing.case import CaseFile, Manifest, bucket_size, open_case, pack_case
from libs.sealing.documents import validate
from libs.values import MAX_BODY_BYTES, MeldingId

FOLDER = Path(__file__).resolve().parent.parent.parent.parent / "examples"
DOCUMENTS = sorted(FOLDER.glob("*.json"))
PDF = FOLDER / "offentlig-bergen-med-pdf.pdf"


def test_each_way_of_sending_has_its_example() -> None:
    documents = {file.name: validate(file.read_bytes()) for file in DOCUMENTS}
    places = {name: (document.kommunenummer, document.bydelsnummer) for name, document in documents.items()}

    assert places == {
        "offentlig-bergen-med-pdf.json": ("4601", "00"),
        "offentlig-flere-barn.json": ("4601", "00"),
        "offentlig-gammelt-kommunenummer.json": ("1201", "00"),
        "privat-bergen.json": ("4601", "00"),
        "privat-interkommunal.json": ("4644", "00"),
        "privat-oslo-gamle-oslo.json": ("0301", "01"),
    }
    assert len(documents["offentlig-flere-barn.json"].data["offentligBarn"]) == 3


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_an_example_is_valid_by_the_schema_of_its_kind(file: Path) -> None:
    document = validate(file.read_bytes())

    assert document.kind == file.name.split("-")[0]
    assert document.content == file.read_bytes()


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_an_example_says_that_it_is_made_up_and_reaches_nobody(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    data = json.loads(text)
    melding = data["melding"] if isinstance(data["melding"], str) else data["melding"]["melding"]

    assert melding.startswith(("OPPDIKTET EKSEMPEL, ingen", "OPPDIKTA DØME, ingen"))
    assert all(address.endswith(".example") for address in re.findall(r"[\w.]+@[\w.-]+", text))
    numbers = [re.sub(r"[^0-9]", "", number) for number in re.findall(r'"telefonnummer": "([^"]+)"', text)]
    assert all(number.removeprefix("47").startswith("210000") for number in numbers)
    assert not re.findall(r'"fnr": "[^"]', text)


def test_the_pdf_is_a_scanned_pages_size_and_says_that_it_is_made_up() -> None:
    content = PDF.read_bytes()

    assert 900_000 < len(content) < 1_100_000
    assert content.startswith(b"%PDF-1.7")
    assert content.rstrip().endswith(b"%%EOF")
    assert b"Oppdiktet vekstkurve" in content


def test_document_and_pdf_fit_one_melding_and_come_back_byte_for_byte() -> None:
    files = [CaseFile("bekymringsmelding.json", "application/json", PDF.with_suffix(".json").read_bytes())]
    files.append(CaseFile("vedlegg-1.pdf", "application/pdf", PDF.read_bytes()))
    manifest = Manifest(MeldingId("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11"), "offentlig.v2")

    packed = pack_case(manifest, files)

    assert list(open_case(packed).files) == files
    assert bucket_size(len(packed)) * 4 // 3 < MAX_BODY_BYTES
