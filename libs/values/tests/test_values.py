"""Values refuse what they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Malformed
from libs.values import Bydelsnummer, Digest, Kommunenummer, MeldingId, Place, Reference, TjenesteId
from libs.values.reference import ALPHABET

references = st.binary(min_size=5, max_size=5).map(Reference.from_random)


@pytest.mark.parametrize("text", ["460", "46011", "46O1", "４６０１", "4601\n", ""])
def test_kommunenummer_refuses_all_but_four_ascii_digits(text: str) -> None:
    with pytest.raises(Malformed):
        Kommunenummer.parse(text)


@pytest.mark.parametrize("text", ["a", "Bergen", "-bergen", "b" * 64, "bergen/x"])
def test_tjeneste_id_refuses_what_cannot_stand_in_a_certificate_name(text: str) -> None:
    with pytest.raises(Malformed):
        TjenesteId.parse(text)


@pytest.mark.parametrize("text", ["5f0d7c52-2f0e-1c0a-9f6e-0f5a4b8f1c11", "5F0D7C52-2F0E-4C0A-9F6E-0F5A4B8F1C11", "x"])
def test_melding_id_is_a_lower_case_uuid_of_version_four(text: str) -> None:
    with pytest.raises(Malformed):
        MeldingId.parse(text)


def test_place_prints_as_kommune_and_bydel() -> None:
    assert str(Place.parse("0301", "01")) == "0301-01"
    assert Place(Kommunenummer("0301"), Bydelsnummer("01")) == Place.parse("0301", "01")


def test_digest_is_32_bytes() -> None:
    with pytest.raises(Malformed):
        Digest.parse(b"short")


@given(references)
def test_reference_survives_being_written_by_people(reference: Reference) -> None:
    assert Reference.parse(f" {str(reference).lower()} ") == reference
    assert Reference.parse(reference.value.replace("0", "o").replace("1", "l")) == reference


@given(references, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_reference_notices_one_wrong_character(reference: Reference, at: int, char: str) -> None:
    wrong = reference.value[:at] + char + reference.value[at + 1 :]
    if wrong != reference.value:
        with pytest.raises(Malformed):
            Reference.parse(wrong)


@given(references, st.integers(0, 6))
def test_reference_notices_two_swapped_neighbours(reference: Reference, at: int) -> None:
    value = reference.value
    wrong = value[:at] + value[at + 1] + value[at] + value[at + 2 :]
    if wrong != value:
        with pytest.raises(Malformed):
            Reference.parse(wrong)
