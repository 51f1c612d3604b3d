"""A receipt says who holds the melding, who could read it, and by which Norwegian day the sender shall hear."""

from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest

from libs.statements.payloads import Named, Numbered
from libs.testing.world import START
from services.intake.domain import SealingPlace
from services.intake.numbering import New
from services.intake.receipt import feedback_due, readers_of, receipt_of
from services.intake.tests.conftest import Sender


def test_a_receipt_names_holder_place_number_and_digest(sender: Sender) -> None:
    candidate = sender.candidate(replace(sender.submission(), is_urgent=True))
    receipt = receipt_of(New(candidate, 1, 7, 9), START, "one disk")
    assert (receipt.held_by, receipt.copies, receipt.durability) == ("intake", 1, "one disk")
    assert (receipt.epoch, receipt.number, receipt.received_at) == (1, 7, "2026-11-22T09:00:00Z")
    assert (receipt.tjeneste, receipt.kommune) == (
        Named("bergen", "Bergen barneverntjeneste"),
        Numbered("4601", "Bergen"),
    )
    assert receipt.reference == str(candidate.reference)
    assert (receipt.is_urgent, receipt.label_is_stale, receipt.feedback_due) == (True, False, "2026-12-13")


@pytest.mark.parametrize(
    ("received_at", "due"),
    [
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), date(2026, 12, 13)),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), date(2026, 12, 14)),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 4, 19)),
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), date(2026, 7, 22)),
    ],
)
def test_feedback_is_due_three_weeks_after_the_norwegian_day(received_at: datetime, due: date) -> None:
    assert feedback_due(received_at) == due


@pytest.mark.parametrize(
    ("channel", "sealed_at", "readers"),
    [
        ("own_node", SealingPlace.SENDER, ("node:bergen",)),
        ("hosted_node", SealingPlace.SENDER, ("hosted-node:bergen",)),
        ("own_node", SealingPlace.BROWSER, ("node:bergen", "served-script")),
        ("own_node", SealingPlace.PROCESS, ("node:bergen", "sealing-process")),
    ],
)
def test_readers_follow_the_path(
    sender: Sender, channel: str, sealed_at: SealingPlace, readers: tuple[str, ...]
) -> None:
    label = msgspec.structs.replace(sender.label_payload, channel=channel)
    assert readers_of(label, sealed_at) == readers
