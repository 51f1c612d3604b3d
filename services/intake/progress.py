"""What intake decides of copies, proofs and questions about one melding. Pure."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from libs.errors import DigestMismatch, NotFound, StatementRefused
from libs.statements.envelope import unb64
from libs.statements.payloads import Proof, moment
from libs.values import Digest, MeldingId
from services.intake.store.contract import MeldingKey, StatusEntry, VerifiedProof

_NOBODYS_HASH = bytes(32)


def check_copies(copies: Mapping[MeldingId, Digest], accepted: Mapping[MeldingId, MeldingKey]) -> None:
    """Delivery holds what was accepted. Raises NotFound, DigestMismatch."""
    for melding_id, digest in copies.items():
        if melding_id not in accepted:
            raise NotFound(f"melding {melding_id} was not accepted here")
        if accepted[melding_id].digest != digest:
            raise DigestMismatch(f"the copy of melding {melding_id} has another digest than was accepted")


def recorded(statement: str, proof: Proof, accepted: Mapping[MeldingId, MeldingKey]) -> VerifiedProof:
    """A verified proof as it is kept. Raises NotFound; StatementRefused where it speaks of another melding."""
    melding_id = MeldingId.parse(proof.melding_id)
    melding = accepted.get(melding_id)
    if melding is None:
        raise NotFound(f"melding {melding_id} was not accepted here")
    if (str(melding.receiver), melding.epoch, melding.number) != (proof.receiver, proof.epoch, proof.number):
        raise StatementRefused(f"the proof of melding {melding_id} names another receiver or number than it was given")
    if melding.digest.value != unb64(proof.digest):
        raise StatementRefused(f"the proof of melding {melding_id} names another digest than was accepted")
    return VerifiedProof(melding_id, proof.kind, statement, moment(proof.at))


def entry_for(access_token: bytes, entries: Sequence[StatusEntry]) -> StatusEntry:
    """The entry that the token opens. Raises NotFound, after the same work whether there are entries or none."""
    token_hash = hashlib.sha256(access_token).digest()
    opened = [entry for entry in entries if hmac.compare_digest(entry.access_token_hash, token_hash)]
    if not entries:
        hmac.compare_digest(_NOBODYS_HASH, token_hash)
    if not opened:
        raise NotFound("nothing is known for this secret")
    return opened[0]


def copies_of(entry: StatusEntry) -> int:
    """How many hold the sealed bytes now: intake, delivery, the node."""
    return int(not entry.is_erased) + int(entry.is_copied) + int(entry.is_stored)
