"""What delivery decides: which proofs are true for a melding, and which bytes are the melding's."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from libs.errors import DigestMismatch, StatementRefused, Unavailable
from libs.sealing.digest import PartDigest
from libs.statements.envelope import unb64
from libs.statements.payloads import Proof
from libs.values import Digest, MeldingId, TjenesteId
from libs.verification.proofs import ProofKeys

RETRY_AFTER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Number:
    """Where a melding stands in its receiver's sequence."""

    receiver: TjenesteId
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class Head:
    """A melding without its bytes."""

    at: Number
    position: int
    melding_id: MeldingId
    digest: Digest
    receipt: str
    parts: tuple[PartDigest, ...]
    traceparent: str


@dataclass(frozen=True, slots=True)
class SequenceHeadEvent:
    """Intake's signed sequence head of one receiver."""

    position: int
    receiver: TjenesteId
    statement: str


def checked_proof(statement: str, receiver: TjenesteId, keys: ProofKeys | None) -> Proof:
    """The proof, signed by the receiver's own node and about its own receiver.

    Raises StatementRefused; Unavailable while the directory's word on the receiver's keys is not here yet.
    """
    if keys is None:
        raise Unavailable("the directory's snapshot is not here yet", retry_after_seconds=RETRY_AFTER_SECONDS)
    proof = keys.verified(statement)
    if proof.receiver != str(receiver):
        raise StatementRefused("the proof is about another receiver than its sender")
    return proof


def check_agrees(proof: Proof, head: Head) -> None:
    """The proof speaks of this melding. Raises StatementRefused, or DigestMismatch."""
    if (proof.epoch, proof.number, proof.melding_id) != (head.at.epoch, head.at.number, str(head.melding_id)):
        raise StatementRefused("the proof's number and melding id are not of one melding")
    if unb64(proof.digest) != head.digest.value:
        raise DigestMismatch("the proof's digest is not the melding's")


def check_parts(parts: Sequence[PartDigest], sealed: Sequence[bytes]) -> None:
    """The bytes are those of the parts. Raises DigestMismatch."""
    if len(parts) != len(sealed):
        raise DigestMismatch(f"got {len(sealed)} parts, expected {len(parts)}")
    for index, (part, content) in enumerate(zip(parts, sealed, strict=True)):
        if len(content) != part.size_bytes or hashlib.sha256(content).digest() != part.sha256:
            raise DigestMismatch(f"the bytes of part {index} are not those that were accepted")
