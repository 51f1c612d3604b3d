"""What the node decides of a head and of the bytes that come after it. Pure; trusts nobody but the root.

A head is accepted only if the receipt in it, verified by the caller, speaks of this receiver, number and digest, and if
that digest is the digest of the very parts that the receipt lists. The centre can withhold a melding, which the signed
sequence heads show (design 5, P6); it cannot swap one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from libs.errors import DigestMismatch, SealMalformed, StatementRefused
from libs.sealing.base64url import decode as unb64
from libs.sealing.digest import PartDigest, melding_digest
from libs.statements.payloads import Numbered, Receipt, moment
from libs.values import MAX_BODY_BYTES, Digest, MeldingId, Place, Reference, TjenesteId

MeldingType = Literal["privat", "offentlig"]
CASE = "case"
IDENTITY = "identity"
MAX_PARTS = 16
"""More than any sender makes; a receipt with more is refused before a byte is fetched."""


class MeldingNumber(NamedTuple):
    """Which melding of this receiver: its epoch, and its number in that epoch, from 1 without gaps."""

    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class Head:
    """A melding without its bytes, as delivery offers it; nothing of it is believed yet."""

    which: MeldingNumber
    melding_id: str
    digest: bytes
    receipt: str
    parts: tuple[PartDigest, ...]
    traceparent: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A melding whose receipt holds: what the node may fetch, and what it must turn out to be."""

    which: MeldingNumber
    melding_id: MeldingId
    reference: Reference
    type: MeldingType
    suite: str
    digest: Digest
    parts: tuple[PartDigest, ...]
    kommune: Numbered
    bydel: Numbered
    received_at: datetime
    feedback_due: date
    is_urgent: bool
    receipt: str
    traceparent: str

    @property
    def size_bytes(self) -> int:
        """Length of all sealed parts."""
        return sum(part.size_bytes for part in self.parts)


def arrival_of(head: Head, receipt: Receipt, receiver: TjenesteId) -> Arrival:
    """What a head with this verified receipt brings. Raises StatementRefused, DigestMismatch, Malformed."""
    if receipt.tjeneste.id != str(receiver):
        raise StatementRefused("the receipt is for another receiver than this node")
    if (receipt.epoch, receipt.number, receipt.melding_id) != (*head.which, head.melding_id):
        raise StatementRefused("the receipt is of another number or melding than the head")
    place = Place.parse(receipt.kommune.nummer, receipt.bydel.nummer)
    parts = tuple(PartDigest(part.purpose, part.key_id, unb64(part.sha256), part.size) for part in receipt.parts)
    _check_parts(parts, head)
    arrival = Arrival(
        which=head.which,
        melding_id=MeldingId.parse(receipt.melding_id),
        reference=Reference.parse(receipt.reference),
        type=receipt.type,
        suite=receipt.suite,
        digest=Digest.parse(unb64(receipt.digest)),
        parts=parts,
        kommune=Numbered(str(place.kommune), receipt.kommune.navn),
        bydel=Numbered(str(place.bydel), receipt.bydel.navn),
        received_at=moment(receipt.received_at),
        feedback_due=_date(receipt.feedback_due),
        is_urgent=receipt.is_urgent,
        receipt=head.receipt,
        traceparent=head.traceparent,
    )
    if head.digest != arrival.digest.value or digest_of(arrival, parts, receiver) != arrival.digest:
        raise DigestMismatch("the receipt's digest is not that of the parts it lists")
    return arrival


def _check_parts(parts: Sequence[PartDigest], head: Head) -> None:
    if tuple(parts) != head.parts:
        raise StatementRefused("the receipt lists other parts than the head")
    if not 1 <= len(parts) <= MAX_PARTS or any(len(part.sha256) != 32 or part.size_bytes < 1 for part in parts):
        raise StatementRefused(f"the receipt lists {len(parts)} parts, expected 1 to {MAX_PARTS} with size and digest")
    if sum(part.size_bytes for part in parts) > MAX_BODY_BYTES:
        raise StatementRefused(f"the receipt's parts have more than {MAX_BODY_BYTES} bytes together")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise StatementRefused("the receipt's feedback_due is not a date") from error


def digest_of(arrival: Arrival, parts: Sequence[PartDigest], receiver: TjenesteId) -> Digest:
    """The melding's digest if these were its parts."""
    return melding_digest(arrival.suite, arrival.melding_id, receiver, arrival.type, parts)


def check_bytes(arrival: Arrival, sealed: Sequence[bytes], receiver: TjenesteId) -> Digest:
    """The digest computed anew from the bytes, once every part and the whole are what the receipt says.

    Raises DigestMismatch.
    """
    if len(sealed) != len(arrival.parts):
        raise DigestMismatch(f"got {len(sealed)} parts, expected {len(arrival.parts)}")
    found = [PartDigest.of(part.purpose, part.key_id, raw) for part, raw in zip(arrival.parts, sealed, strict=True)]
    for index, (part, expected) in enumerate(zip(found, arrival.parts, strict=True)):
        if part != expected:
            raise DigestMismatch(f"part {index} differs from its digest in the receipt")
    digest = digest_of(arrival, found, receiver)
    if digest != arrival.digest:
        raise DigestMismatch("the digest of all parts differs from the receipt's")
    return digest


class Assembly:
    """Puts chunks together into parts, in order, refusing a byte more than the receipt announced."""

    def __init__(self, parts: Sequence[PartDigest]) -> None:
        self._parts = parts
        self._chunks: list[list[bytes]] = [[] for _ in parts]
        self._left = [part.size_bytes for part in parts]
        self._last = 0

    def add(self, part_index: int, data: bytes) -> None:
        """Takes the next chunk. Raises SealMalformed."""
        if not self._last <= part_index < len(self._parts) or any(self._left[:part_index]):
            raise SealMalformed(f"a chunk of part {part_index} came out of order")
        if len(data) > self._left[part_index]:
            raise SealMalformed(f"part {part_index} is longer than its receipt says")
        self._last = part_index
        self._left[part_index] -= len(data)
        self._chunks[part_index].append(data)

    def done(self) -> tuple[bytes, ...]:
        """The parts. Raises SealMalformed when bytes are missing, DigestMismatch when they are others."""
        if any(self._left):
            raise SealMalformed(f"{sum(self._left)} bytes are missing at the end")
        parts = tuple(b"".join(chunks) for chunks in self._chunks)
        for index, (part, raw) in enumerate(zip(self._parts, parts, strict=True)):
            if hashlib.sha256(raw).digest() != part.sha256:
                raise DigestMismatch(f"part {index} differs from its digest in the receipt")
        return parts
