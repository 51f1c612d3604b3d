"""Delivery's wire forms to values and back; refuses what is malformed."""

from libs.errors import Malformed
from libs.sealing.digest import PartDigest
from libs.statements import peek
from libs.statements.payloads import SequenceHead, decode
from libs.values import Digest, MeldingId, TjenesteId
from samvern.delivery.v1 import delivery_pb2 as pb
from samvern.intake.v1 import intake_pb2
from samvern.types.v1 import types_pb2 as types
from services.delivery.domain import Head, Number, SequenceHeadEvent

MAX_WAIT_SECONDS = 60.0


def head_from(event: intake_pb2.AcceptedEvent) -> Head:
    """The head of an accepted melding; raises Malformed."""
    melding = event.melding
    return Head(
        Number(TjenesteId.parse(melding.receiver), melding.epoch, melding.number),
        event.position,
        MeldingId.parse(melding.melding_id),
        Digest.parse(melding.digest),
        melding.receipt,
        tuple(PartDigest(part.purpose, part.key_id, part.sha256, part.size_bytes) for part in melding.parts),
        melding.traceparent,
    )


def sequence_head_from(event: intake_pb2.AcceptedEvent) -> SequenceHeadEvent:
    """Whom a sequence head is for; the node that gets it verifies it. Raises StatementRefused."""
    said = decode(peek(event.sequence_head), SequenceHead)
    return SequenceHeadEvent(event.position, TjenesteId.parse(said.receiver), event.sequence_head)


def wait_from(request: pb.ListHeadsRequest) -> float:
    """Seconds to wait; raises Malformed."""
    seconds = request.wait.ToTimedelta().total_seconds()
    if not 0 <= seconds <= MAX_WAIT_SECONDS:
        raise Malformed(f"wait is at most {MAX_WAIT_SECONDS:g} s")
    return seconds


def head_to(head: Head) -> pb.MeldingHead:
    """The head as a node sees it."""
    return pb.MeldingHead(
        melding_id=str(head.melding_id),
        epoch=head.at.epoch,
        number=head.at.number,
        digest=head.digest.value,
        receipt=head.receipt,
        parts=[
            types.PartDigest(purpose=part.purpose, key_id=part.key_id, sha256=part.sha256, size_bytes=part.size_bytes)
            for part in head.parts
        ],
        traceparent=head.traceparent,
    )
