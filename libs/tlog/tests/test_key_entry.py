"""Entries of the key log."""

import pytest

from libs.errors import Malformed
from libs.tlog.key_entry import KeyEntry

ENTRY = KeyEntry.make("bergen", "case", "valid", b"a certificate")


def test_an_entry_is_one_readable_line() -> None:
    assert ENTRY.encode() == (
        b'{"format":"samvern-key-1","tjeneste_id":"bergen","purpose":"case","status":"valid",'
        b'"key_id":"gazXYhQPppKhQoItL75NxvVLyqUB9oqzflru0Lr-TZk","certificate":"YSBjZXJ0aWZpY2F0ZQ"}'
    )


def test_an_entry_is_read_back_whole() -> None:
    assert KeyEntry.decode(ENTRY.encode()) == ENTRY


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{}",
        b"[]",
        ENTRY.encode() + b"\n",
        ENTRY.encode().replace(b":", b": ", 1),
        ENTRY.encode().replace(b"valid", b"maybe"),
        ENTRY.encode().replace(b"YSBj", b"YSBk"),
        ENTRY.encode().replace(b"}", b',"more":1}'),
        ENTRY.encode().replace(b"YSBj", b"YS j"),
    ],
)
def test_any_other_form_is_refused(entry: bytes) -> None:
    with pytest.raises(Malformed):
        KeyEntry.decode(entry)


@pytest.mark.parametrize(
    ("tjeneste_id", "purpose", "status", "certificate"),
    [
        ("Bergen", "case", "valid", b"x"),
        ("bergen", "other", "valid", b"x"),
        ("bergen", "case", "", b"x"),
        ("bergen", "case", "valid", b""),
        ("bergen", "case", "valid", bytes(8_193)),
    ],
)
def test_a_malformed_fact_is_refused(tjeneste_id: str, purpose: str, status: str, certificate: bytes) -> None:
    with pytest.raises(Malformed):
        KeyEntry.make(tjeneste_id, purpose, status, certificate)
