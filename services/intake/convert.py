"""Proto to domain and back. Refuses what is malformed: fields absent, of another form, or longer than they may be."""

import re
from collections.abc import Mapping
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from libs.errors import Malformed
from libs.sealing.digest import PartDigest
from libs.values import Digest, MeldingId, Place
from samvern.intake.v1 import intake_pb2 as pb
from samvern.types.v1 import types_pb2 as types
from services.intake.domain import MAX_PARTS, MeldingType, SealedPart, SealingPlace, SenderKey, Submission
from services.intake.store.contract import Event, EventMelding

LOOKUP_ID_BYTES = 16
ACCESS_TOKEN_BYTES = 32
MAX_LABEL_CHARS = 65_536
MAX_BATCH = 500
"""Copies or proofs in one call, and events in one page."""
MAX_WAIT_SECONDS = 60.0

_SCOPE = re.compile(r"[a-z0-9][a-z0-9._:-]{0,99}", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9._-]{16,100}", re.ASCII)
_PURPOSE = re.compile(r"[a-z]{1,32}", re.ASCII)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_TYPES: Mapping[int, MeldingType] = {types.MELDING_TYPE_PRIVAT: "privat", types.MELDING_TYPE_OFFENTLIG: "offentlig"}
_PLACES: Mapping[int, SealingPlace] = {
    types.SEALING_PLACE_BROWSER: SealingPlace.BROWSER,
    types.SEALING_PLACE_PROCESS: SealingPlace.PROCESS,
    types.SEALING_PLACE_SENDER: SealingPlace.SENDER,
}
T = TypeVar("T")


def submission_from(request: pb.SubmitMeldingRequest) -> Submission:
    """The submission; raises Malformed."""
    if len(request.parts) > MAX_PARTS:
        raise Malformed(f"got {len(request.parts)} parts, expected at most {MAX_PARTS}")
    if not request.label or len(request.label) > MAX_LABEL_CHARS:
        raise Malformed("label is required: the address label as it was served")
    key = (
        _matched(_SCOPE, request.sender_scope, "sender_scope"),
        _matched(_KEY, request.idempotency_key, "idempotency_key"),
    )
    return Submission(
        key=SenderKey(key),
        melding_id=MeldingId.parse(request.melding_id),
        type=_known(_TYPES, request.type, "type"),
        suite=request.suite,
        label=request.label,
        parts=tuple(_part_from(part) for part in request.parts),
        digest=Digest.parse(request.digest),
        sealed_at=_known(_PLACES, request.sealed_at, "sealed_at"),
        is_urgent=request.is_urgent,
        lookup_id=_secret_half(request.lookup_id, LOOKUP_ID_BYTES, "lookup_id"),
        access_token_hash=_with_lookup_id(request),
    )


def _with_lookup_id(request: pb.SubmitMeldingRequest) -> bytes | None:
    if bool(request.lookup_id) != bool(request.access_token_hash):
        raise Malformed("lookup_id and access_token_hash must both be there, or neither")
    return _secret_half(request.access_token_hash, ACCESS_TOKEN_BYTES, "access_token_hash")


def _secret_half(value: bytes, length: int, field: str) -> bytes | None:
    if value and len(value) != length:
        raise Malformed(f"{field} has {len(value)} bytes, expected {length}")
    return value or None


def _part_from(part: types.SealedPart) -> SealedPart:
    purpose = _matched(_PURPOSE, part.purpose, "purpose of a part")
    return SealedPart(purpose, _matched(_KEY_ID, part.key_id, "key_id of a part"), part.sealed)


def _matched(pattern: re.Pattern[str], text: str, field: str) -> str:
    if pattern.fullmatch(text) is None:
        raise Malformed(f"{field} is not of the form {pattern.pattern}")
    return text


def _known(values: Mapping[int, T], value: int, field: str) -> T:
    if value not in values:
        raise Malformed(f"{field} is required, and must be one that this version knows")
    return values[value]


def place_from(place: types.Place) -> Place:
    """The place; raises Malformed."""
    return Place.parse(place.kommunenummer, place.bydelsnummer)


def secret_from(request: pb.GetStatusRequest) -> tuple[bytes, bytes]:
    """Lookup id and access token; raises Malformed."""
    if len(request.lookup_id) != LOOKUP_ID_BYTES or len(request.access_token) != ACCESS_TOKEN_BYTES:
        raise Malformed(f"lookup_id has {LOOKUP_ID_BYTES} bytes and access_token {ACCESS_TOKEN_BYTES}")
    return request.lookup_id, request.access_token


def page_from(request: pb.ListAcceptedRequest) -> tuple[int, float]:
    """Limit and wait in seconds; raises Malformed."""
    wait_seconds = request.wait.ToTimedelta().total_seconds()
    if request.limit > MAX_BATCH or not 0 <= wait_seconds <= MAX_WAIT_SECONDS:
        raise Malformed(f"limit is at most {MAX_BATCH} and wait at most {MAX_WAIT_SECONDS:g} s")
    return request.limit or MAX_BATCH, wait_seconds


def copies_from(request: pb.RecordCopiesRequest) -> dict[MeldingId, Digest]:
    """The digest of each copy; raises Malformed."""
    check_batch(len(request.copies))
    return {MeldingId.parse(each.melding_id): Digest.parse(each.digest) for each in request.copies}


def check_batch(count: int) -> None:
    """Raises Malformed where the batch is larger than one may be."""
    if count > MAX_BATCH:
        raise Malformed(f"got {count}, expected at most {MAX_BATCH}")


def event_to(event: Event) -> pb.AcceptedEvent:
    """The event on the wire."""
    if event.melding is None:
        return pb.AcceptedEvent(position=event.position, sequence_head=event.statement)
    return pb.AcceptedEvent(position=event.position, melding=_melding_to(event.melding))


def _melding_to(melding: EventMelding) -> pb.AcceptedMelding:
    return pb.AcceptedMelding(
        melding_id=str(melding.melding_id),
        receiver=str(melding.receiver),
        epoch=melding.epoch,
        number=melding.number,
        digest=melding.digest.value,
        receipt=melding.receipt,
        parts=[_part_to(part) for part in melding.parts],
        traceparent=melding.traceparent,
    )


def _part_to(part: PartDigest) -> types.PartDigest:
    return types.PartDigest(purpose=part.purpose, key_id=part.key_id, sha256=part.sha256, size_bytes=part.size_bytes)


def step_to(step: str, timestamp: Timestamp, proof: str | None) -> pb.StatusStep:
    """A step of a status on the wire."""
    return pb.StatusStep(step=step, at=timestamp, proof=proof)
