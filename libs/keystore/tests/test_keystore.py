"""One suite over every keystore."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from libs.errors import Malformed, Precondition
from libs.keystore import FileKeystore, Keystore, KeyUnwrapper, MemoryKeystore, SelfSigned
from libs.sealing.jwe import key_id_of, open_part, seal_part
from libs.values import MeldingId, TjenesteId

CONTENTS = SelfSigned("oppdiktet", 7, datetime(2026, 11, 1, tzinfo=UTC), datetime(2028, 11, 1, tzinfo=UTC))


@pytest.fixture(params=["file", "memory"])
def keystore(request: pytest.FixtureRequest, tmp_path: Path, passphrase_file: Path) -> Keystore:
    makers: dict[str, Callable[[], Keystore]] = {
        "file": lambda: FileKeystore(tmp_path / "keys", passphrase_file),
        "memory": MemoryKeystore,
    }
    return makers[request.param]()


def wrap(public_key: bytes, content_key: bytes, algorithm: HashAlgorithm) -> bytes:
    key = load_der_public_key(public_key)
    assert isinstance(key, RSAPublicKey)
    return key.encrypt(content_key, OAEP(MGF1(algorithm), algorithm, None))


async def test_a_signature_holds_under_the_public_key(keystore: Keystore) -> None:
    public_key = await keystore.ensure_signing_key("receipt")

    signature = await keystore.sign("receipt", b"message")

    Ed25519PublicKey.from_public_bytes(public_key).verify(signature, b"message")
    assert await keystore.sign("receipt", b"message") == signature


async def test_a_key_is_made_once(keystore: Keystore) -> None:
    assert await keystore.ensure_signing_key("a") == await keystore.ensure_signing_key("a")
    assert await keystore.ensure_signing_key("a") != await keystore.ensure_signing_key("b")
    assert await keystore.ensure_unwrapping_key("a") == await keystore.ensure_unwrapping_key("a")


async def test_what_was_wrapped_is_unwrapped_and_the_rest_is_none_in_order(keystore: Keystore) -> None:
    public_key = await keystore.ensure_unwrapping_key("case")
    first, second = (wrap(public_key, key, SHA256()) for key in (b"first", b"second"))
    by_sha1 = wrap(public_key, b"third", SHA1())
    changed = bytes([first[0] ^ 1]) + first[1:]

    keys = await keystore.unwrap("case", [first, changed, b"", b"\x00" * 384, by_sha1, second, b"x" * 1000])

    assert keys == [b"first", None, None, None, None, b"second", None]


async def test_a_certificate_is_of_the_key_and_for_key_encipherment_alone(keystore: Keystore) -> None:
    public_key = await keystore.ensure_unwrapping_key("case")

    der = await keystore.certify_unwrapping_key("case", CONTENTS)

    certificate = x509.load_der_x509_certificate(der)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public_key
    assert (certificate.not_valid_before_utc, certificate.serial_number) == (CONTENTS.valid_from, 7)
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    assert await keystore.certify_unwrapping_key("case", CONTENTS) == der


async def test_a_part_sealed_to_the_certificate_is_opened_by_the_keystore(keystore: Keystore) -> None:
    await keystore.ensure_unwrapping_key("case")
    certificate = await keystore.certify_unwrapping_key("case", CONTENTS)
    key_id = key_id_of(certificate)
    melding_id, receiver = MeldingId("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11"), TjenesteId("bergen")

    sealed = seal_part(b"oppdiktet", certificate, key_id, melding_id, receiver, "case")

    unwrapper = KeyUnwrapper(keystore, "case")
    assert await open_part(sealed, unwrapper, key_id, melding_id, receiver, "case") == b"oppdiktet"


async def test_a_key_that_is_not_there_is_said_to_be_missing(keystore: Keystore) -> None:
    await keystore.ensure_signing_key("only-signs")

    with pytest.raises(Precondition, match="no signing key other"):
        await keystore.sign("other", b"message")
    with pytest.raises(Precondition, match="no unwrapping key only-signs"):
        await keystore.unwrap("only-signs", [b""])
    with pytest.raises(Precondition, match="no unwrapping key only-signs"):
        await keystore.certify_unwrapping_key("only-signs", CONTENTS)


@pytest.mark.parametrize("name", ["", "../root", "Root", "a.b", "a b", "a" * 64, "-a", "æ", "a\n"])
async def test_a_name_that_could_be_a_path_is_refused(keystore: Keystore, name: str) -> None:
    for question in (keystore.ensure_signing_key(name), keystore.sign(name, b""), keystore.ensure_unwrapping_key(name)):
        with pytest.raises(Malformed):
            await question
    with pytest.raises(Malformed):
        await keystore.unwrap(name, [])
