"""What the node makes of numbers: where to go on, what is missing, whether intake contradicts itself (design 2, P6).

Nothing here is stored: it is computed from the heads that are, so it cannot differ from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from libs.statements.payloads import SequenceHead, moment
from services.delivery_node.domain import MeldingNumber


@dataclass(frozen=True, slots=True)
class EpochCount:
    """What is known of one epoch's numbers."""

    epoch: int
    known: int
    """How many heads are stored."""
    unbroken: int
    """The last number below which, itself included, every head is stored; 0 for none."""
    highest: int
    """The highest number stored."""
    announced: int
    """The last number of intake's newest sequence head; 0 where none has come."""

    @property
    def missing(self) -> int:
        """How many numbers somebody else knows of and we do not."""
        return max(self.highest, self.announced) - self.known


def cursor(counts: Sequence[EpochCount]) -> MeldingNumber:
    """Where to go on: the last number below which all heads are known, in the oldest epoch that lacks one.

    Asking from there again is how a hole is closed: heads are stored once however often they come.
    """
    where = MeldingNumber(0, 0)
    for count in sorted(counts, key=lambda each: each.epoch):
        where = MeldingNumber(count.epoch, count.unbroken)
        if count.missing:
            break
    return where


class HeadNews(Enum):
    """What a verified sequence head says beside the newest one of its epoch."""

    NEW = "new"
    OLD = "old"
    WENT_BACK = "went_back"
    """Later in time and lower in number: the centre lost or hides meldinger."""


def compare_heads(known: SequenceHead | None, new: SequenceHead) -> HeadNews:
    """Whether `new` replaces `known`, both of one epoch."""
    if known is None:
        return HeadNews.NEW
    if moment(new.at) < moment(known.at):
        return HeadNews.OLD if new.last_number <= known.last_number else HeadNews.WENT_BACK
    if new.last_number < known.last_number:
        return HeadNews.WENT_BACK
    return HeadNews.NEW if new != known else HeadNews.OLD


class Finding(Enum):
    """Something a person should hear of; shown in the inbox until it is settled."""

    HEAD_REFUSED = "head_refused"
    """A head came whose receipt or digest does not hold. It is asked for again."""
    HEAD_CONFLICT = "head_conflict"
    """Another melding came under a number, or another number under a melding, that is stored already."""
    SEQUENCE_HEAD_REFUSED = "sequence_head_refused"
    """A sequence head came that does not hold."""
    SEQUENCE_HEAD_WENT_BACK = "sequence_head_went_back"
    """Two sequence heads of intake contradict each other."""
    BYTES_REFUSED = "bytes_refused"
    """The bytes that delivery gave are not those of the receipt. They are fetched again."""
    READ_BACK_DIFFERS = "read_back_differs"
    """The node's own database gave back other bytes than it was given. No proof was made; they are fetched again."""
    PROOF_REFUSED = "proof_refused"
    """Delivery does not take the node's proof. It is sent again."""
