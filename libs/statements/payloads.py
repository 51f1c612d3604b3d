"""What each statement says. JSON; moments are RFC 3339 in UTC with "Z" and whole seconds, bytes base64url unpadded.

Readers refuse fields they do not know: a statement means the same to everybody or nothing. A new field is a new `v`.
"""

import re
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec

from libs.errors import StatementRefused

T = TypeVar("T", bound=msgspec.Struct)

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The root of all payloads."""

    def encode(self) -> bytes:
        """Its JSON, fields in the order written here."""
        return msgspec.json.encode(self)


def decode(payload: bytes, kind: type[T]) -> T:
    """The payload as its type; raises StatementRefused."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StatementRefused(f"the statement does not say what a {kind.__name__} must say") from error


def timestamp(at: datetime) -> str:
    """The moment as statements write it, its fraction dropped: "2026-11-22T09:00:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The moment of a timestamp, in UTC; raises StatementRefused."""
    try:
        if _TIMESTAMP.fullmatch(text) is None:
            raise ValueError("fromisoformat takes other forms too")
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise StatementRefused("a moment in the statement is not of the form 2026-11-22T09:00:00Z") from error


class Certification(Payload, frozen=True, kw_only=True):
    """The root says: this key may sign statements of this purpose, within this time."""

    v: Literal[1] = 1
    subject_kid: str
    x: str
    """The key: 32 bytes, Ed25519."""
    purpose: Literal["receipt", "label", "snapshot"]
    valid_from: str
    valid_to: str


class Numbered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kommune or bydel: number and name of its day."""

    nummer: str
    navn: str


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tjeneste: id and name."""

    id: str
    navn: str


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver certificate: purpose, key id (x5t#S256), DER, and its index in the key log."""

    purpose: str
    key_id: str
    der: str
    log_index: int


class ProofKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node's key for proofs: key id and 32 bytes of Ed25519."""

    kid: str
    x: str


Channel = Literal["own_node", "hosted_node"]
Custody = Literal["node"]


class Label(Payload, frozen=True, kw_only=True):
    """An address label: who receives for a place, and what to seal to."""

    v: Literal[1] = 1
    tjeneste: Named
    kommune: Numbered
    bydel: Numbered
    channel: Channel
    custody: Custody
    certificates: tuple[Certificate, ...]
    proof_keys: tuple[ProofKey, ...]
    directory_version: int
    issued_at: str
    fresh_until: str
    """A hint to renew: 24 h after issued_at."""
    accept_until: str
    """The earliest end of its certificates; intake refuses the label from then on."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed part as a receipt names it."""

    purpose: str
    key_id: str
    sha256: str
    size: int


class Receipt(Payload, frozen=True, kw_only=True):
    """Intake says: this sealed melding is committed and fsynced here, with this number (P1)."""

    v: Literal[1] = 1
    reference: str
    melding_id: str
    tjeneste: Named
    kommune: Numbered
    bydel: Numbered
    type: Literal["privat", "offentlig"]
    suite: str
    digest: str
    parts: tuple[Part, ...]
    epoch: int
    number: int
    received_at: str
    held_by: Literal["intake"]
    copies: Literal[1]
    durability: Literal["one disk", "two disks"]
    readers: tuple[str, ...]
    """Who could read the melding on this path: "node:<id>", "hosted-node:<id>", "sealing-process", "served-script"."""
    feedback_due: str
    """Date (Europe/Oslo) by which the sender shall hear that it was received: three weeks."""
    label_is_stale: bool
    is_urgent: bool


class SequenceHead(Payload, frozen=True, kw_only=True):
    """Intake says: at this moment this was the last number of this receiver (P6)."""

    v: Literal[1] = 1
    receiver: str
    epoch: int
    last_number: int
    at: str


ProofKind = Literal["stored", "acknowledged", "confirmed", "opened"]


class Proof(Payload, frozen=True, kw_only=True):
    """A node says: this happened to this melding (P3)."""

    v: Literal[1] = 1
    kind: ProofKind
    receiver: str
    epoch: int
    number: int
    melding_id: str
    digest: str
    at: str
