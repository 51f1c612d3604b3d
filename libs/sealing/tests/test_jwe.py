"""Sealed parts: opened only whole, by the right key, for the right melding."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import RSAKey

from libs.errors import Malformed, SealMalformed
from libs.sealing import base64url
from libs.sealing.jwe import MAX_PART_BYTES, check_part, key_id_of, open_part, seal_part
from libs.sealing.tests.conftest import Receiver, certificate_of
from libs.values import MeldingId, TjenesteId

MELDING_ID = MeldingId("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11")
BERGEN = TjenesteId("bergen")
PLAINTEXT = b"oppdiktet innhold"
CANNOT = r"^the part cannot be opened$"
few_rsa_steps = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def seal(receiver: Receiver, plaintext: bytes = PLAINTEXT) -> bytes:
    return seal_part(plaintext, receiver.certificate, receiver.key_id, MELDING_ID, BERGEN, "case")


def check(sealed: bytes, receiver: Receiver) -> None:
    check_part(sealed, receiver.key_id, MELDING_ID, BERGEN, "case")


async def open_it(sealed: bytes, receiver: Receiver) -> bytes:
    return await open_part(sealed, receiver, receiver.key_id, MELDING_ID, BERGEN, "case")


def with_header(sealed: bytes, **changes: object) -> bytes:
    header, rest = sealed.split(b".", 1)
    fields = {**json.loads(base64url.decode(header)), **changes}
    return with_header_text(json.dumps({name: value for name, value in fields.items() if value is not None}), rest)


def with_header_text(text: str, rest: bytes) -> bytes:
    return base64url.encode(text.encode()).encode() + b"." + rest


@few_rsa_steps
@given(st.binary(max_size=10_000))
async def test_what_was_sealed_is_opened(receiver: Receiver, plaintext: bytes) -> None:
    sealed = seal(receiver, plaintext)

    check(sealed, receiver)
    assert await open_it(sealed, receiver) == plaintext


async def test_a_certificate_of_4096_bits_serves_too() -> None:
    receiver = Receiver.of_bits(4096)

    assert await open_it(seal(receiver), receiver) == PLAINTEXT


@few_rsa_steps
@given(st.data())
async def test_any_changed_byte_is_refused(receiver: Receiver, data: st.DataObject) -> None:
    sealed = bytearray(seal(receiver))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealMalformed, match=CANNOT):
        await open_it(bytes(sealed), receiver)


@few_rsa_steps
@given(st.data())
async def test_a_segment_cut_or_grown_is_refused(receiver: Receiver, data: st.DataObject) -> None:
    segments = seal(receiver).split(b".")
    index = data.draw(st.integers(0, 4))
    segments[index] = data.draw(st.sampled_from([segments[index][:-4], segments[index] + b"AAAA", b""]))

    with pytest.raises(SealMalformed, match=CANNOT):
        await open_it(b".".join(segments), receiver)
    with pytest.raises(SealMalformed):
        check(b".".join(segments), receiver)


async def test_a_part_moved_to_another_melding_receiver_purpose_or_key_is_refused(receiver: Receiver) -> None:
    sealed = seal(receiver)
    other = key_id_of(b"another certificate")
    other_melding = MeldingId("00000000-0000-4000-8000-000000000000")
    key_id = receiver.key_id

    for expected in (
        (other, MELDING_ID, BERGEN, "case"),
        (key_id, other_melding, BERGEN, "case"),
        (key_id, MELDING_ID, TjenesteId("indre-sogn"), "case"),
        (key_id, MELDING_ID, BERGEN, "print"),
    ):
        with pytest.raises(SealMalformed):
            check_part(sealed, *expected)
        with pytest.raises(SealMalformed, match=CANNOT):
            await open_part(sealed, receiver, *expected)


async def test_another_receivers_key_opens_nothing(receiver: Receiver) -> None:
    stranger = Receiver.of_bits(3072)

    with pytest.raises(SealMalformed, match=CANNOT):
        await open_part(seal(receiver), stranger, receiver.key_id, MELDING_ID, BERGEN, "case")


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "RSA1_5"},
        {"alg": "dir"},
        {"enc": "A128GCM"},
        {"typ": "JWE"},
        {"typ": None},
        {"kid": "x"},
        {"len": len(PLAINTEXT) + 1},
        {"len": float(len(PLAINTEXT))},
        {"len": str(len(PLAINTEXT))},
        {"zip": "DEF"},
        {"crit": ["mid"]},
        {"mid": {"deep": []}},
        {"pad": "x" * 1024},
    ],
)
def test_a_header_that_is_not_exactly_as_expected_is_refused(receiver: Receiver, changes: dict[str, Any]) -> None:
    with pytest.raises(SealMalformed):
        check(with_header(seal(receiver), **changes), receiver)


def test_header_order_and_blanks_are_the_senders_choice_but_repeats_are_not(receiver: Receiver) -> None:
    header, rest = seal(receiver).split(b".", 1)
    fields = json.loads(base64url.decode(header))

    check(with_header_text(json.dumps(dict(reversed(fields.items())), indent=1), rest), receiver)
    for text in (json.dumps(fields)[:-1] + ', "len": 17}', json.dumps(list(fields.items())), "[" * 700, "\xff", ""):
        with pytest.raises(SealMalformed):
            check(with_header_text(text, rest), receiver)


@pytest.mark.parametrize(
    "sealed", [b"", b"....", b".", b"." * 5_000_000, b"a.b.c.d", b"{}", b"\x00" * 100, b"A" * 5_000_001]
)
def test_garbage_is_refused(receiver: Receiver, sealed: bytes) -> None:
    with pytest.raises(SealMalformed):
        check(sealed, receiver)


def test_padded_or_standard_base64_is_refused(receiver: Receiver) -> None:
    header, key, iv, ciphertext, tag = seal(receiver).split(b".")
    standard = base64.b64encode(base64url.decode(key))
    assert b"+" in standard or b"/" in standard

    for segments in ((header, standard, iv, ciphertext, tag), (header, key, iv, ciphertext, tag + b"==")):
        with pytest.raises(SealMalformed):
            check(b".".join(segments), receiver)


async def test_the_largest_part_is_sealed_checked_and_opened(receiver: Receiver) -> None:
    plaintext = bytes(MAX_PART_BYTES * 3 // 4 - 1000)

    assert await open_it(seal(receiver, plaintext), receiver) == plaintext


async def test_a_content_key_of_another_length_opens_nothing(receiver: Receiver) -> None:
    class Confused:
        async def unwrap(self, encrypted_key: bytes) -> bytes | None:
            return b"sixteen bytes..."

    with pytest.raises(SealMalformed, match=CANNOT):
        await open_part(seal(receiver), Confused(), receiver.key_id, MELDING_ID, BERGEN, "case")


def test_any_jose_library_opens_the_part(receiver: Receiver) -> None:
    custom = {name: jwe.JWERegistry().header_registry["typ"] for name in ("mid", "rcv", "pur")}
    registry = jwe.JWERegistry(custom, algorithms=["RSA-OAEP-256", "A256GCM"], strict_check_header=False)

    opened = jwe.decrypt_compact(seal(receiver), RSAKey(receiver.key, receiver.key), registry=registry)

    assert opened.plaintext == PLAINTEXT
    assert list(opened.protected) == ["alg", "enc", "typ", "kid", "mid", "rcv", "pur", "len"]


def test_only_rsa_certificates_of_a_size_we_take_are_sealed_to(receiver: Receiver) -> None:
    small = Receiver.of_bits(2048)
    elliptic = certificate_of(ec.generate_private_key(ec.SECP256R1()))

    for certificate in (small.certificate, elliptic, b"no certificate"):
        with pytest.raises(Malformed):
            seal_part(PLAINTEXT, certificate, key_id_of(certificate), MELDING_ID, BERGEN, "case")
    with pytest.raises(Malformed):
        seal_part(PLAINTEXT, receiver.certificate, small.key_id, MELDING_ID, BERGEN, "case")
