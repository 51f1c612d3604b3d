"""What a receipt says (P1): who holds the sealed melding, on what it lies, who could read it, when feedback is due.

The law's three weeks for telling the sender that the report was received run from the day of receipt in Norway.
"""

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from libs.statements.envelope import b64
from libs.statements.payloads import Label, Part, Receipt, timestamp
from services.intake.domain import SealingPlace
from services.intake.numbering import New

Durability = Literal["one disk", "two disks"]

FEEDBACK_WITHIN = timedelta(weeks=3)
_NORWAY = ZoneInfo("Europe/Oslo")
_READER_OF_CHANNEL = {"own_node": "node", "hosted_node": "hosted-node"}
_READERS_OF_PLACE = {
    SealingPlace.BROWSER: ("served-script",),
    SealingPlace.PROCESS: ("sealing-process",),
    SealingPlace.SENDER: (),
}


def receipt_of(new: New, received_at: datetime, durability: Durability) -> Receipt:
    """The receipt of a melding that the running transaction accepts."""
    admitted, submission = new.candidate.admitted, new.candidate.admitted.submission
    return Receipt(
        reference=str(new.candidate.reference),
        melding_id=str(submission.melding_id),
        tjeneste=admitted.label.tjeneste,
        kommune=admitted.label.kommune,
        bydel=admitted.label.bydel,
        type=submission.type,
        suite=submission.suite,
        digest=b64(submission.digest.value),
        parts=tuple(Part(part.purpose, part.key_id, b64(part.sha256), part.size_bytes) for part in admitted.parts),
        epoch=new.epoch,
        number=new.number,
        received_at=timestamp(received_at),
        held_by="intake",
        copies=1,
        durability=durability,
        readers=readers_of(admitted.label, submission.sealed_at),
        feedback_due=feedback_due(received_at).isoformat(),
        label_is_stale=admitted.label_is_stale,
        is_urgent=submission.is_urgent,
    )


def readers_of(label: Label, sealed_at: SealingPlace) -> tuple[str, ...]:
    """Who could read the melding on this path, as the codes of a receipt."""
    return (f"{_READER_OF_CHANNEL[label.channel]}:{label.tjeneste.id}", *_READERS_OF_PLACE[sealed_at])


def feedback_due(received_at: datetime) -> date:
    """The Norwegian day, three weeks after the day of receipt, by which the sender shall hear."""
    return received_at.astimezone(_NORWAY).date() + FEEDBACK_WITHIN
