"""Report documents: what KS accepts is accepted, and faults name the field without its content."""

import copy
import json
from typing import Any

import pytest

from libs.errors import Malformed
from libs.sealing.documents import DocumentRefused, FieldError, Version, field_errors, validate

ADRESSE = {"adresselinje1": "Lia 12", "postnummer": "9991", "poststed": "FJELLVIK"}
COMMON = {"kommunenummer": "9901", "kommunenavn": "Fjellvik", "bydelsnummer": "00", "bydelsnavn": "Fjellvik"}
SENT = {"sendingstidspunkt": "2026-11-22T20:15:10", "leveringskanal": "Samvern portal"}
PRIVAT: dict[str, Any] = {
    **COMMON,
    "privatMelder": {"personnavn": "Nabo Fantasi", "telefonnummer": "210-00-004", "adresse": ADRESSE},
    "privatBarn": [{"personnavn": "Eirin Oppdiktet", "antattAlder": "ca. 6 år", "adresse": {"adresselinje1": ""}}],
    "melding": "Oppdiktet\nbeskrivelse.",
    **SENT,
}
OFFENTLIG: dict[str, Any] = {
    **COMMON,
    "offentligMelder": {
        "personnavn": "Solveig Prøvesen",
        "rolle": "Helsesykepleier",
        "telefonnummer": "+47 210 00 001",
        "epost": "sølveig_p.provesen@helse.fjellvik.example.no",
        "virksomhet": {"navn": "Fjellvik helsestasjon", "orgnr": "310000001", "adresse": ADRESSE},
    },
    "offentligBarn": [
        {
            "fnr": "",
            "ufoedt": True,
            "personnavn": "Ukjent",
            "adresse": ADRESSE,
            "orientert": False,
            "orientertGrunn": "",
        }
    ],
    "foresatte": [{"personnavn": "Ragnhild Oppdiktet", "telefonnummer": "", "orientert": True}],
    "behovForTolk": "Nei",
    "melding": {"melding": "Oppdiktet.\nFlere linjer.", "historie": "", "andreSynspunkter": "Oppdiktet tillegg."},
    **SENT,
}


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The document with another value at the path; ... takes it away."""
    document = copy.deepcopy(document)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target: Any = document
    for step in steps:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return document


@pytest.mark.parametrize(("data", "version"), [(PRIVAT, "privat.v2"), (OFFENTLIG, "offentlig.v2")])
def test_a_whole_document_is_accepted_as_it_came(data: dict[str, Any], version: str) -> None:
    content = json.dumps(data, indent=1, ensure_ascii=False).encode()

    document = validate(content)

    assert (document.version, document.content, document.data) == (version, content, data)
    assert (document.kommunenummer, document.bydelsnummer) == ("9901", "00")


@pytest.mark.parametrize("version", ["privat.v1", "privat.v2"])
def test_a_private_document_is_valid_in_both_versions(version: Version) -> None:
    assert field_errors(PRIVAT, version) == []
    assert field_errors(changed(PRIVAT, "privatBarn", []), version) == []


def test_a_document_of_version_1_is_also_one_of_version_2() -> None:
    version_1 = changed(OFFENTLIG, "melding.andreSynspunkter", ...)

    assert field_errors(version_1, "offentlig.v1") == []
    assert field_errors(version_1, "offentlig.v2") == []


@pytest.mark.parametrize("sent", ["2026-11-22T09:24:45", "2026-11-22T09:24", "2026-11-22T09:24:45.123456789"])
def test_a_local_time_is_accepted(sent: str) -> None:
    assert field_errors(changed(PRIVAT, "sendingstidspunkt", sent), "privat.v2") == []


@pytest.mark.parametrize(
    ("path", "value", "fault", "code"),
    [
        ("kommunenummer", "460", "kommunenummer", "not_four_digits"),
        ("kommunenummer", "4601\n", "kommunenummer", "not_four_digits"),
        ("kommunenummer", "٤٦٠١", "kommunenummer", "not_four_digits"),
        ("kommunenummer", 4601, "kommunenummer", "wrong_type"),
        ("bydelsnummer", "1", "bydelsnummer", "not_two_digits"),
        ("kommunenavn", "Fjell\nvik", "kommunenavn", "not_one_line"),
        ("offentligMelder.rolle", "lærer\u2028", "offentligMelder.rolle", "not_one_line"),
        ("offentligMelder.telefonnummer", "", "offentligMelder.telefonnummer", "not_a_telephone_number"),
        ("offentligMelder.telefonnummer", "(55) 1", "offentligMelder.telefonnummer", "not_a_telephone_number"),
        ("offentligMelder.epost", "a+b@example.no", "offentligMelder.epost", "not_an_email_address"),
        ("offentligMelder.epost", "a@b_c.no", "offentligMelder.epost", "not_an_email_address"),
        ("offentligMelder.epost", "a@b", "offentligMelder.epost", "not_an_email_address"),
        ("offentligMelder.virksomhet.adresse", {}, "offentligMelder.virksomhet.adresse.adresselinje1", "missing"),
        ("offentligBarn", [], "offentligBarn", "too_few"),
        ("offentligBarn.0.ufoedt", "nei", "offentligBarn[0].ufoedt", "wrong_type"),
        ("offentligBarn.0.fnr", ..., "offentligBarn[0].fnr", "missing"),
        ("foresatte", [OFFENTLIG["foresatte"][0]] * 3, "foresatte", "too_many"),
        ("melding.andreSynspunkter", 1, "melding.andreSynspunkter", "wrong_type"),
        ("leveringskanal", ..., "leveringskanal", "missing"),
        ("sendingstidspunkt", "2026-11-22T09:24:45+01:00", "sendingstidspunkt", "not_a_local_time"),
        ("sendingstidspunkt", "2026-02-30T09:24:45", "sendingstidspunkt", "not_a_local_time"),
        ("sendingstidspunkt", "2026-11-22", "sendingstidspunkt", "not_a_local_time"),
        ("sendingstidspunkt", 20261122, "sendingstidspunkt", "wrong_type"),
    ],
)
def test_a_fault_names_its_field(path: str, value: object, fault: str, code: str) -> None:
    faults = field_errors(changed(OFFENTLIG, path, value), "offentlig.v2")

    assert [(found.path, found.code) for found in faults] == [(fault, code)]
    assert faults[0].expected


def test_every_missing_value_is_a_fault_of_its_own() -> None:
    data = changed(changed(OFFENTLIG, "foresatte.0.orientert", ...), "melding.historie", ...)
    data = changed(data, "melding.melding", ...)

    faults = [fault.path for fault in field_errors(data, "offentlig.v2")]

    assert faults == ["foresatte[0].orientert", "melding.melding", "melding.historie"]


def test_a_refusal_tells_the_fields_and_never_what_stood_there() -> None:
    data = changed(OFFENTLIG, "offentligMelder.epost", "hemmelig navn")

    with pytest.raises(DocumentRefused) as caught:
        validate(json.dumps(data).encode())

    (fault,) = caught.value.fields
    assert fault.path == "offentligMelder.epost"
    assert caught.value.detail.startswith("fault 1 of 1: offentligMelder.epost: expected an e-mail")
    assert "hemmelig" not in repr((fault, caught.value))
    assert isinstance(caught.value, Malformed)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"melding": "a", "melding": "b"}', "not_json"),
        (b'{"melding": NaN}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[]", "wrong_type"),
        (b"{}", "unknown_document"),
        (b'{"privatMelder": {}, "offentligMelder": {}}', "unknown_document"),
    ],
)
def test_what_is_no_document_is_refused(content: bytes, fault: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        validate(content)

    assert [(field.path, field.code) for field in caught.value.fields] == [("", fault)]


def test_a_deep_value_where_text_belongs_is_a_fault() -> None:
    data = changed(PRIVAT, "melding", {"dypt": ["her"]})

    assert field_errors(data, "privat.v2") == [FieldError("melding", "wrong_type", "text")]
