"""Delivery's messages as the node's values. What delivery says is not believed here, only read."""

from dataclasses import dataclass

from libs.errors import Malformed
from libs.sealing.digest import PartDigest
from samvern.delivery.v1 import delivery_pb2 as pb
from services.delivery_node.domain import Head, MeldingNumber

_MAX_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class OfferedSequenceHead:
    """A sequence head as delivery passes it on."""

    statement: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The stream lives."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that a node of this version cannot read, or that no version should send."""


Offer = Head | OfferedSequenceHead | Heartbeat | Unreadable


def offer_of(message: pb.StreamHeadsResponse) -> Offer:
    """What the stream brings. Never raises: one bad message must not end a stream."""
    item = message.WhichOneof("item")
    if item == "head":
        try:
            return head_of(message.head)
        except Malformed:
            return Unreadable()
    if item == "sequence_head":
        return OfferedSequenceHead(message.sequence_head)
    return Heartbeat() if item == "heartbeat" else Unreadable()


def offers_of(message: pb.ListHeadsResponse) -> list[Offer]:
    """The same for a page of the long poll."""
    offers = [offer_of(pb.StreamHeadsResponse(head=head)) for head in message.heads]
    if message.HasField("sequence_head"):
        offers.append(OfferedSequenceHead(message.sequence_head))
    return offers


def head_of(message: pb.MeldingHead) -> Head:
    """The head; raises Malformed for a number that none can have."""
    if not (1 <= message.epoch <= _MAX_NUMBER and 1 <= message.number <= _MAX_NUMBER):
        raise Malformed("got a head whose epoch or number is out of range")
    return Head(
        MeldingNumber(message.epoch, message.number),
        message.melding_id,
        message.digest,
        message.receipt,
        tuple(PartDigest(part.purpose, part.key_id, part.sha256, part.size_bytes) for part in message.parts),
        message.traceparent,
    )
