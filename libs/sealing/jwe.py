"""Suite "jwe": a sealed part is one JWE in compact form (RFC 7516), RSA-OAEP-256 and A256GCM (RFC 7518 4.3, 5.3).

The protected header binds the part to its melding, receiver and key, and states the plaintext's length, so a part can
be checked without opening it and cannot be moved to another melding. Opening takes the content key already unwrapped
by the keystore that holds the private key; whatever is wrong with a part, opening says the same sentence.
"""

import hashlib
import json
import secrets
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwa import GCMEncModel, JWEKeyEncryption
from joserfc.jwk import OctKey, RSAKey
from joserfc.registry import HeaderParameter

from libs.errors import Malformed, SealMalformed
from libs.sealing import base64url
from libs.values import MAX_BODY_BYTES, MeldingId, TjenesteId

SUITE = "jwe"
ALG = "RSA-OAEP-256"
ENC = "A256GCM"
TYP = "samvern-part+jwe"
RSA_BITS = (3072, 4096)
MAX_PART_BYTES = MAX_BODY_BYTES
"""Of a sealed part; a whole melding has the same limit, so no part that fits is refused here."""

_MAX_HEADER_CHARS = 1024
_IV_BYTES = 12
_TAG_BYTES = 16
_CEK_BYTES = 32
_CANNOT_OPEN = "the part cannot be opened"
_FIELDS = {"alg": "str", "enc": "str", "typ": "str", "kid": "str", "mid": "str", "rcv": "str", "pur": "str"}


class Unwrapper(Protocol):
    """Whoever holds the private key of one certificate; libs/keystore has one over a keystore."""

    async def unwrap(self, encrypted_key: bytes) -> bytes | None:
        """The content key, RSA-OAEP with SHA-256; None where it does not unwrap, in the same time."""
        ...


class _Registry(jwe.JWERegistry):
    max_ciphertext_length = MAX_PART_BYTES

    def __init__(self) -> None:
        super().__init__(algorithms=[ALG, ENC])
        self.header_registry = {name: HeaderParameter(name, kind, required=True) for name, kind in _FIELDS.items()}
        self.header_registry["len"] = HeaderParameter("len", "int", required=True)


class _UnwrappedKey(JWEKeyEncryption):
    """Key management whose key is the content key itself, because the keystore has done the RSA step."""

    name = ALG
    description = "RSA-OAEP-256, unwrapped elsewhere"
    key_size = 8 * _CEK_BYTES
    key_types = ["oct"]  # noqa: RUF012 - declared so by joserfc

    def encrypt_cek(self, cek: bytes, recipient: Any) -> bytes:
        raise AssertionError("only the opening registry has this model, and it never seals")

    def decrypt_cek(self, recipient: Any) -> bytes:
        key: OctKey = recipient.recipient_key
        return key.raw_value


class _OpeningRegistry(_Registry):
    algorithms = {"alg": {ALG: _UnwrappedKey()}, "enc": {ENC: GCMEncModel(256)}, "zip": {}}  # noqa: RUF012


def key_id_of(certificate_der: bytes) -> str:
    """The key id of a certificate: base64url of SHA-256 over its DER (x5t#S256, RFC 7515 4.1.8)."""
    return base64url.encode(hashlib.sha256(certificate_der).digest())


def seal_part(
    plaintext: bytes, certificate_der: bytes, key_id: str, melding_id: MeldingId, receiver: TjenesteId, purpose: str
) -> bytes:
    """The sealed part, ASCII. Raises Malformed where the certificate is not RSA of a size we take, or not of key_id."""
    key = public_key_of(certificate_der, key_id)
    header = _header(key_id, melding_id, receiver, purpose, len(plaintext))
    return jwe.encrypt_compact(header, plaintext, key, registry=_Registry()).encode("ascii")


def public_key_of(certificate_der: bytes, key_id: str) -> RSAKey:
    """The key that parts are sealed to. Raises Malformed as seal_part does."""
    if key_id_of(certificate_der) != key_id:
        raise Malformed("the key id is not the SHA-256 of this certificate")
    try:
        public = x509.load_der_x509_certificate(certificate_der).public_key()
    except ValueError as error:
        raise Malformed("the certificate is not X.509 in DER") from error
    if not isinstance(public, RSAPublicKey) or public.key_size not in RSA_BITS:
        raise Malformed("the certificate's key is not RSA of 3072 or 4096 bits")
    return RSAKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _header(key_id: str, melding_id: MeldingId, receiver: TjenesteId, purpose: str, length: int) -> dict[str, Any]:
    header = {"alg": ALG, "enc": ENC, "typ": TYP, "kid": key_id, "mid": str(melding_id)}
    return {**header, "rcv": str(receiver), "pur": purpose, "len": length}


def check_part(sealed: bytes, key_id: str, melding_id: MeldingId, receiver: TjenesteId, purpose: str) -> None:
    """Nothing is wrong that can be seen without the key: form, lengths, header exactly as expected. Opens nothing.

    Raises SealMalformed. Costs a few passes over the bytes and decodes only the header.
    """
    header, encrypted_key, iv, ciphertext, tag = _segments(sealed)
    sizes = [base64url.decoded_length(segment) for segment in (header, encrypted_key, iv, ciphertext, tag)]
    if None in sizes:
        raise SealMalformed("a segment of the part is not base64url without padding")
    if sizes[1] not in [bits // 8 for bits in RSA_BITS] or (sizes[2], sizes[4]) != (_IV_BYTES, _TAG_BYTES):
        raise SealMalformed(f"encrypted key, iv and tag have {sizes[1]}, {sizes[2]}, {sizes[4]} bytes, not 384, 12, 16")
    assert sizes[3] is not None  # None was refused above.
    _check_header(header, _header(key_id, melding_id, receiver, purpose, sizes[3]))


def _segments(sealed: bytes) -> list[bytes]:
    if len(sealed) > MAX_PART_BYTES:
        raise SealMalformed(f"the part has {len(sealed)} bytes, expected at most {MAX_PART_BYTES}")
    segments = sealed.split(b".", 5)
    if len(segments) != 5:
        raise SealMalformed("the part is not a compact JWE: five segments with a full stop between")
    return segments


def _check_header(segment: bytes, expected: dict[str, Any]) -> None:
    if len(segment) > _MAX_HEADER_CHARS:
        raise SealMalformed(f"the part's header has {len(segment)} characters, expected at most {_MAX_HEADER_CHARS}")
    try:
        header = _JSON.decode(base64url.decode(segment).decode("utf-8"))
    except (ValueError, RecursionError, Malformed) as error:
        raise SealMalformed("the part's header is not a JSON object with each name once") from error
    if not isinstance(header, dict) or header.keys() != expected.keys():
        raise SealMalformed(f"the part's header does not hold exactly {', '.join(expected)}")
    for name, value in expected.items():
        if type(header[name]) is not type(value) or header[name] != value:
            raise SealMalformed(f"the part's header has another {name} than was expected here")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


_JSON = json.JSONDecoder(object_pairs_hook=_without_repeats)


async def open_part(
    sealed: bytes, unwrapper: Unwrapper, key_id: str, melding_id: MeldingId, receiver: TjenesteId, purpose: str
) -> bytes:
    """The plaintext, authentic and bound as expected. Raises SealMalformed, with one sentence for every fault."""
    try:
        check_part(sealed, key_id, melding_id, receiver, purpose)
    except SealMalformed as error:
        raise SealMalformed(_CANNOT_OPEN) from error
    content_key = await unwrapper.unwrap(base64url.decode(sealed.split(b".", 2)[1]))
    if content_key is None or len(content_key) != _CEK_BYTES:
        content_key = secrets.token_bytes(_CEK_BYTES)  # So that this failure takes the time of any other.
    try:
        plaintext = jwe.decrypt_compact(sealed, OctKey.import_key(content_key), registry=_OpeningRegistry()).plaintext
    except (JoseError, ValueError) as error:
        raise SealMalformed(_CANNOT_OPEN) from error
    assert plaintext is not None  # decrypt_compact fills it or raises.
    return plaintext
