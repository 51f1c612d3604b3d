"""Signs statements and verifies them from a pinned root (RFC 7515, 7638, 8037, 9864).

A statement is accepted only as the very bytes that were signed: base64url is checked to be the one encoding of what it
decodes to, the header to hold the five names below and no others. One that is signed again by a key which the root
does not certify for that type is refused.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from libs.errors import StatementRefused
from libs.statements.payloads import Certification, Proof, T, decode, moment

ALGORITHM = "Ed25519"
MAX_STATEMENT_BYTES = 8 * 1024 * 1024
"""A snapshot of the whole directory is below 2 MiB; everything else below 16 KiB."""


class _Registry(jws.JWSRegistry):
    """Lets a header carry a certification, and a payload be a snapshot."""

    max_header_length = 2048
    max_payload_length = MAX_STATEMENT_BYTES


_REGISTRY = _Registry(algorithms=[ALGORITHM], strict_check_header=False)
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")


class Typ(Enum):
    """The `typ` of each kind of statement."""

    CERTIFICATION = "samvern-certification+jws"
    SNAPSHOT = "samvern-snapshot+jws"
    LABEL = "samvern-label+jws"
    RECEIPT = "samvern-receipt+jws"
    SEQUENCE_HEAD = "samvern-sequence-head+jws"
    PROOF = "samvern-proof+jws"

    @property
    def purpose(self) -> str:
        """What a key must be certified for to sign this. Intake's one key signs receipts and sequence heads."""
        return {Typ.SEQUENCE_HEAD: "receipt"}.get(self, self.value.removeprefix("samvern-").removesuffix("+jws"))


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: str
    typ: str
    kid: str
    cert: str | None = None


class Sign(Protocol):
    """A key that signs somewhere: in memory, in a file keystore, in Vault."""

    def __call__(self, message: bytes) -> Awaitable[bytes]:
        """The 64-byte Ed25519 signature of `message`."""
        ...


def b64(value: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of `text`; raises StatementRefused unless `text` is their one encoding."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise StatementRefused("a statement holds something that is not base64url") from error
    if b64(value) != text:
        raise StatementRefused("a statement holds base64url that is not in its one form")
    return value


def kid_of(public_key: bytes) -> str:
    """Key id of an Ed25519 public key of 32 bytes: its RFC 7638 thumbprint."""
    return _public(public_key).thumbprint()


def _public(public_key: bytes) -> OKPKey:
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": b64(public_key)})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key ready to sign: its public half, how to sign with it, and the root's certification of it.

    `certification` is None for the root itself and for nodes' proof keys, which the snapshot names.
    """

    public_key: bytes
    sign: Sign
    certification: str | None = None
    kid: str = field(init=False)
    """Key id; worked out once, since it stands in every statement."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kid", kid_of(self.public_key))


@dataclass(frozen=True, slots=True)
class Root:
    """The pinned key that every verification starts from: an Ed25519 public key of 32 bytes."""

    public_key: bytes

    @classmethod
    def load(cls, path: Path) -> Self:
        """The root in a root.json; raises StatementRefused when it is not one."""
        return cls.decode(path.read_bytes())

    @classmethod
    def decode(cls, document: bytes) -> Self:
        """The root in the bytes of a root.json; raises StatementRefused when it is not one."""
        try:
            return cls(unb64(msgspec.json.decode(document, type=_RootDocument).jwk.x))
        except (msgspec.MsgspecError, ValueError) as error:
            raise StatementRefused("this is not a root.json of Samvern") from error

    def encode(self) -> bytes:
        """The bytes of its root.json."""
        jwk = _Jwk(kty="OKP", crv="Ed25519", x=b64(self.public_key))
        return msgspec.json.encode(_RootDocument(format="samvern-root-1", kid=kid_of(self.public_key), jwk=jwk))


class _Jwk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kty: str
    crv: str
    x: str


class _RootDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    kid: str
    jwk: _Jwk


async def sign(key: SigningKey, typ: Typ, payload: bytes) -> str:
    """The statement; the same key, type and payload give the same bytes (Ed25519 is deterministic)."""
    header = _Header(alg=ALGORITHM, typ=typ.value, kid=key.kid, cert=key.certification)
    fields = {name: value for name, value in msgspec.structs.asdict(header).items() if value is not None}
    message = f"{b64(msgspec.json.encode(fields))}.{b64(payload)}"
    return f"{message}.{b64(await key.sign(message.encode()))}"


def verify(statement: str, typ: Typ, root: Root, at: datetime | None = None) -> bytes:
    """The payload, once the signature holds and the root certifies the key for this type.

    `at` is the moment the key's certification must cover; None where the payload's own time is checked by the caller
    or where old statements stay true for ever (receipts). Raises StatementRefused.
    """
    payload, certification = _signed(statement, typ, root)
    if at is not None and certification is not None:
        _check_covers(certification, at)
    return payload


def verify_as(statement: str, typ: Typ, root: Root, kind: type[T], moment_of: Callable[[T], str]) -> T:
    """What a statement says, once its key is found to be certified at the moment that `moment_of` reads in it.

    Raises StatementRefused.
    """
    payload, certification = _signed(statement, typ, root)
    said = decode(payload, kind)
    if certification is not None:
        _check_covers(certification, moment(moment_of(said)))
    return said


def _signed(statement: str, typ: Typ, root: Root) -> tuple[bytes, Certification | None]:
    header = _header(statement, typ)
    if typ is Typ.CERTIFICATION:
        return _checked(statement, root.public_key), None
    if header.cert is None:
        raise StatementRefused("the statement does not carry the certification of its key")
    certification = _certified(header.cert, root.public_key)
    if certification.purpose != typ.purpose or certification.subject_kid != header.kid:
        raise StatementRefused(f"the statement's key is not certified to sign a {typ.purpose}")
    key = unb64(certification.x)
    if kid_of(key) != header.kid:
        raise StatementRefused("the statement's key id is not that of the certified key")
    return _checked(statement, key), certification


@lru_cache(maxsize=64)
def _certified(certification: str, root_key: bytes) -> Certification:
    """Remembered, because the same few certifications stand in every statement: it would cost half of verifying."""
    _header(certification, Typ.CERTIFICATION)
    return decode(_checked(certification, root_key), Certification)


def _check_covers(certification: Certification, at: datetime) -> None:
    if not moment(certification.valid_from) <= at < moment(certification.valid_to):
        raise StatementRefused("the certification of the statement's key does not cover this moment")


def verify_proof(statement: str, keys: Mapping[str, bytes]) -> Proof:
    """The proof, signed by one of a node's proof keys (key id to 32 bytes). Raises StatementRefused."""
    header = _header(statement, Typ.PROOF)
    if header.kid not in keys:
        raise StatementRefused("the proof is signed by a key that the directory does not know for this receiver")
    return decode(_checked(statement, keys[header.kid]), Proof)


def peek(statement: str) -> bytes:
    """The payload unverified: only to find what it should be verified against. Raises StatementRefused."""
    return unb64(_parts(statement)[1])


def _parts(statement: str) -> list[str]:
    if len(statement) > MAX_STATEMENT_BYTES or _COMPACT.fullmatch(statement) is None:
        raise StatementRefused("this is not a statement: expected three base64url parts with an Ed25519 signature")
    return statement.split(".")


def _header(statement: str, typ: Typ) -> _Header:
    try:
        header = msgspec.json.decode(unb64(_parts(statement)[0]), type=_Header)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StatementRefused("the statement's header is not one of ours") from error
    if header.alg != ALGORITHM or header.typ != typ.value:
        raise StatementRefused(f"expected a statement of type {typ.value}")
    return header


def _checked(statement: str, public_key: bytes) -> bytes:
    unb64(statement.rsplit(".", 1)[1])
    try:
        verified: Any = jws.deserialize_compact(statement, _public(public_key), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise StatementRefused("the statement's signature does not hold") from error
    payload: bytes = verified.payload
    return payload
