"""What intake decides of one sealed melding: whether it is admitted under its address label. Opens nothing.

Which number it gets, and what a repeat gets, is decided in numbering.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal, NewType

from libs.errors import DigestMismatch, LabelRefused, Malformed, TooLarge
from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.jwe import SUITE, check_part
from libs.statements.payloads import Label, moment
from libs.values import MAX_BODY_BYTES, Digest, MeldingId, TjenesteId

MAX_PARTS = 8
CASE = "case"
CERTIFICATE_OF_PURPOSE = {"case": "case", "identity": "case"}
"""Purpose of a part to purpose of the certificate it is sealed to: the identity part has no certificate of its own."""

MeldingType = Literal["privat", "offentlig"]

SenderKey = NewType("SenderKey", tuple[str, str])
"""Who chose the idempotency key, and the key."""


class SealingPlace(Enum):
    """Where plaintext was sealed."""

    BROWSER = "browser"
    PROCESS = "process"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class SealedPart:
    """One sealed part, its bytes as received."""

    purpose: str
    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """A melding as it came: of the right form, nothing else known of it."""

    key: SenderKey
    melding_id: MeldingId
    type: MeldingType
    suite: str
    label: str
    parts: tuple[SealedPart, ...]
    digest: Digest
    sealed_at: SealingPlace
    is_urgent: bool = False
    lookup_id: bytes | None = None
    access_token_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A melding that may be accepted: its label is true, its parts fit the label, its digest fits its parts."""

    submission: Submission
    label: Label
    receiver: TjenesteId
    parts: tuple[PartDigest, ...]
    label_is_stale: bool

    @property
    def size_bytes(self) -> int:
        """Length of all sealed parts."""
        return sum(part.size_bytes for part in self.parts)


def admit(submission: Submission, label: Label, now: datetime) -> Admitted:
    """The melding as admitted under a label that is known to be authentic.

    Raises Malformed, TooLarge, LabelRefused, SealMalformed, DigestMismatch.
    """
    _check_shape(submission)
    if now >= moment(label.accept_until):
        raise LabelRefused(f"the address label ended at {label.accept_until}; fetch a new one and seal to it")
    receiver = TjenesteId.parse(label.tjeneste.id)
    for part in submission.parts:
        _check_key(part, label)
        check_part(part.sealed, part.key_id, submission.melding_id, receiver, part.purpose)
    parts = tuple(PartDigest.of(part.purpose, part.key_id, part.sealed) for part in submission.parts)
    if melding_digest(submission.suite, submission.melding_id, receiver, submission.type, parts) != submission.digest:
        raise DigestMismatch("the digest is not that of the label's receiver and of the parts as they arrived")
    return Admitted(submission, label, receiver, parts, label_is_stale=now >= moment(label.fresh_until))


def _check_shape(submission: Submission) -> None:
    if submission.suite != SUITE:
        raise Malformed(f"suite is not known here, expected {SUITE}")
    purposes = [part.purpose for part in submission.parts]
    if not 1 <= len(purposes) <= MAX_PARTS:
        raise Malformed(f"got {len(purposes)} parts, expected 1 to {MAX_PARTS}")
    if len(dict.fromkeys(purposes)) != len(purposes) or CASE not in purposes:
        raise Malformed(f"parts must have different purposes, {CASE} among them")
    size_bytes = sum(len(part.sealed) for part in submission.parts)
    if size_bytes > MAX_BODY_BYTES:
        raise TooLarge(f"the sealed parts have {size_bytes} bytes, expected at most {MAX_BODY_BYTES} together")


def _check_key(part: SealedPart, label: Label) -> None:
    certificate_purpose = CERTIFICATE_OF_PURPOSE.get(part.purpose)
    if certificate_purpose is None:
        raise Malformed(f"no part of this purpose is taken here, expected one of {', '.join(CERTIFICATE_OF_PURPOSE)}")
    key_ids = [each.key_id for each in label.certificates if each.purpose == certificate_purpose]
    if part.key_id not in key_ids:
        raise LabelRefused(f"the {part.purpose} part is not sealed to a certificate of its address label")
