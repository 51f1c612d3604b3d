"""The same answers give the same document here and in the browser: both are held against tests/js/forms.json."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.sealing.documents import validate
from services.gateway.filled import DELIVERED_BY, Where, count, fill, holds, read_text, with_one_less
from services.gateway.forms import Form, Kind
from services.gateway.seal_here import document_bytes

CASES: list[dict[str, Any]] = msgspec.json.decode((Path(__file__).parent / "js" / "forms.json").read_bytes())
FORMS: dict[Kind, Form] = {"privat": Form.load("privat", "nb"), "offentlig": Form.load("offentlig", "nb")}
BERGEN = Where("4601", "Bergen", "00", "Bergen")
TIME = "2026-11-22T10:05:00"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_answers_give_this_document(case: dict[str, Any]) -> None:
    where = msgspec.convert(case["where"], Where)
    filled = fill(FORMS[case["kind"]], case["values"], where, case["local_time"])

    content = document_bytes(filled.document)
    assert content.decode() == case["document"]
    assert hashlib.sha256(content).hexdigest() == case["sha256"]
    assert [fault.name for fault in filled.faults] == case["faults"]


@pytest.mark.parametrize("case", [case for case in CASES if not case["faults"]], ids=lambda case: case["name"])
def test_document_without_faults_is_a_valid_ks_document(case: dict[str, Any]) -> None:
    document = validate(case["document"].encode())

    assert (document.kind, document.data["leveringskanal"]) == (case["kind"], DELIVERED_BY)


@given(st.data())
def test_whatever_is_typed_without_faults_is_a_valid_ks_document(data: st.DataObject) -> None:
    kind: Kind = data.draw(st.sampled_from(("privat", "offentlig")))
    text = st.text(max_size=20) | st.sampled_from(["ja", "nei", "22 33 44 55", "a@b.no", "a\u2028b", "x\r\ny"])
    values = {name: data.draw(text) for name in _names(FORMS[kind])}
    filled = fill(FORMS[kind], values, BERGEN, TIME)
    if not filled.faults:
        validate(document_bytes(filled.document))


def _names(form: Form) -> list[str]:
    names = []
    for section in form.sections:
        prefix = f"{section.repeat.path}.0." if section.repeat else ""
        for field in section.fields:
            lines = [f".{line}" for line in form.address_labels] if field.type == "address" else [""]
            names += [f"{prefix}{field.path}{line}" for line in lines]
    return names


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("phone", "+47 22-33 44 55", True),
        ("phone", "(47) 22", False),
        ("phone", "22  33", False),
        ("email", "ola.nordmann@skole.example.no", True),
        ("email", "ola+x@example.no", False),
        ("email", "ola", False),
        ("orgnr", "310000001", True),
        ("orgnr", "31000000", False),
        ("fnr", "13097248022", True),
        ("fnr", "13097248021", False),
        ("fnr", "1309724802a", False),
    ],
)
def test_rule(rule: str, text: str, expected: bool) -> None:
    assert holds(rule, text) is expected


def test_text_is_read_without_what_surrounds_it() -> None:
    assert read_text("  a \r\n b\r", is_long=True) == "a \n b"
    assert read_text("  a \r\n b  c ", is_long=False) == "a b c"


def test_children_are_counted_within_bounds_and_one_can_be_taken_out() -> None:
    repeat = FORMS["privat"].sections[0].repeat
    assert repeat is not None
    values = {f"privatBarn.{index}.personnavn": str(index) for index in range(3)} | {"melding": "x"}

    assert (count(repeat, {}), count(repeat, values), count(repeat, {"privatBarn.99.x": ""})) == (1, 3, 12)
    assert with_one_less(repeat, values, 1) == {
        "privatBarn.0.personnavn": "0",
        "privatBarn.1.personnavn": "2",
        "melding": "x",
    }
