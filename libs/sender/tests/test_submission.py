"""A submission can be opened by its receiver alone, and only its own true receipt is believed."""

import json

import pytest

from libs.errors import LabelRefused, Malformed, StatementRefused
from libs.sealing.documents import Document
from libs.sealing.jwe import check_part
from libs.sealing.secret import ReporterSecret
from libs.sender.submission import Address, Content, Submission, build_submission
from libs.sender.tests.portal import receipt_of
from libs.statements import Typ, sign
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust
from libs.testing.world import START, FakeClock, SeededIds

DOCUMENT = b'{"melding": "oppdiktet"}'


@pytest.fixture(scope="module")
def receiver() -> TestReceiver:
    return TestReceiver.new()


async def _submission(receiver: TestReceiver, trust: TestTrust) -> Submission:
    address = Address.verified(await receiver.label(trust), trust.root, START)
    secret = ReporterSecret(bytes(16))
    return build_submission(address, Content("privat", "privat.v2", DOCUMENT, [b"%PDF"]), SeededIds(), secret)


async def test_a_submission_passes_the_checks_of_intake(receiver: TestReceiver) -> None:
    submission = await _submission(receiver, await TestTrust.new())
    part = json.loads(submission.body)["parts"][0]
    sealed = part["sealed"].encode()
    check_part(sealed, receiver.certificate.key_id, submission.melding_id, submission.receiver, "case")
    assert DOCUMENT not in submission.body


async def test_the_same_ids_give_a_submission_of_the_same_key(receiver: TestReceiver) -> None:
    trust = await TestTrust.new()
    first, second = await _submission(receiver, trust), await _submission(receiver, trust)
    assert (first.melding_id, first.idempotency_key) == (second.melding_id, second.idempotency_key)
    assert first.digest != second.digest  # sealing draws a new key each time


async def test_a_label_past_its_end_or_by_a_stranger_is_refused(receiver: TestReceiver) -> None:
    trust, other = await TestTrust.new(), await TestTrust.new()
    clock = FakeClock()
    clock.advance(731 * 86400)
    with pytest.raises(LabelRefused):
        Address.verified(await receiver.label(trust), trust.root, clock.now())
    with pytest.raises(StatementRefused):
        Address.verified(await receiver.label(other), trust.root, START)


async def test_only_the_receipt_of_this_submission_is_believed(receiver: TestReceiver) -> None:
    trust = await TestTrust.new()
    submission = await _submission(receiver, trust)
    true = await sign(trust.receipt, Typ.RECEIPT, receipt_of(submission).encode())
    assert submission.verified(true, trust.root).reference == "SV-VAR1-WQ7D-9"
    other = await _submission(receiver, trust)
    with pytest.raises(StatementRefused, match="another melding"):
        other.verified(true, trust.root)


async def test_a_submission_that_was_kept_is_the_same_again(receiver: TestReceiver) -> None:
    submission = await _submission(receiver, await TestTrust.new())
    assert Submission.restored(submission.body) == submission


def test_an_attachment_that_is_no_pdf_is_refused() -> None:
    document = Document("privat", "privat.v2", DOCUMENT, {})
    assert Content.of(document, [b"%PDF-1.7"]) == Content("privat", "privat.v2", DOCUMENT, (b"%PDF-1.7",))
    with pytest.raises(Malformed, match="attachment 2"):
        Content.of(document, [b"%PDF-1.7", b"PK"])
