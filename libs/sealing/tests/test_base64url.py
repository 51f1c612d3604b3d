"""Base64url: every value has one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Malformed
from libs.sealing import base64url


@given(st.binary(max_size=100))
def test_what_was_encoded_is_decoded(value: bytes) -> None:
    text = base64url.encode(value)

    assert base64url.decode(text) == value
    assert base64url.decoded_length(text.encode()) == len(value)


@given(st.text(alphabet=base64url.ALPHABET.decode() + "+/= .\né", max_size=12))
def test_a_text_is_either_refused_or_the_only_one_for_its_value(text: str) -> None:
    try:
        value = base64url.decode(text)
    except Malformed:
        assert base64url.decoded_length(text.encode()) is None
    else:
        assert base64url.encode(value) == text


@pytest.mark.parametrize("text", ["A", "AB", "AAB", "AA==", "A A", "AA\n", "+AAA", "AAAAA", "éé"])
def test_padding_stray_bits_and_other_characters_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        base64url.decode(text)
