"""The reporter's secret in digits, and what is derived from it."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Malformed
from libs.sealing.secret import ReporterSecret

SECRETS = st.binary(min_size=16, max_size=16).map(ReporterSecret)


@given(SECRETS)
def test_the_digits_give_the_secret_back(secret: ReporterSecret) -> None:
    assert ReporterSecret.parse(secret.digits) == secret
    assert ReporterSecret.parse(f" {secret.digits.replace(' ', '-')}\u00a0") == secret
    assert [len(group) for group in secret.digits.split(" ")] == [4] * 10


@given(SECRETS, st.integers(0, 39), st.integers(1, 9))
def test_one_wrong_digit_is_found(secret: ReporterSecret, place: int, shift: int) -> None:
    digits = list(secret.digits.replace(" ", ""))
    digits[place] = str((int(digits[place]) + shift) % 10)

    with pytest.raises(Malformed):
        ReporterSecret.parse("".join(digits))


@given(SECRETS, st.integers(0, 38))
def test_two_swapped_neighbours_are_found_except_nine_and_nought(secret: ReporterSecret, place: int) -> None:
    digits = secret.digits.replace(" ", "")
    pair = digits[place : place + 2]
    swapped = digits[:place] + pair[::-1] + digits[place + 2 :]

    if pair[0] == pair[1] or set(pair) == {"0", "9"}:  # Luhn's known blind spot.
        return
    with pytest.raises(Malformed):
        ReporterSecret.parse(swapped)


@pytest.mark.parametrize("digits", ["", "1234", "x" * 40, "٠" * 40, "9" * 39 + "3", "0" * 41])
def test_what_is_no_secret_is_refused(digits: str) -> None:
    with pytest.raises(Malformed):
        ReporterSecret.parse(digits)


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed):
        ReporterSecret(b"short")


def test_the_secret_and_what_opens_answers_never_show_in_a_repr() -> None:
    secret = ReporterSecret(b"0123456789abcdef")
    derived = secret.derive()

    shown = repr(secret) + repr(derived)

    for hidden in (secret.value, derived.access_token, derived.reply_private_key):
        assert repr(hidden)[2:-1] not in shown


@given(SECRETS)
def test_derivation_is_hkdf_of_rfc_5869(secret: ReporterSecret) -> None:
    extracted = hmac.digest(b"samvern-reporter-secret-v1", secret.value, "sha256")
    derived = secret.derive()

    assert derived.lookup_id == hmac.digest(extracted, b"lookup-id\x01", "sha256")[:16]
    assert derived.access_token == hmac.digest(extracted, b"access-token\x01", "sha256")
    assert derived.reply_private_key == hmac.digest(extracted, b"reply-key\x01", "sha256")
    assert derived.access_token_hash == hashlib.sha256(derived.access_token).digest()
