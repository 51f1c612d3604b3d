"""A melding is admitted under a true label that its parts are sealed to, and only whole."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.errors import DigestMismatch, LabelRefused, Malformed, SealMalformed, TooLarge
from libs.testing.world import START
from libs.values import Digest
from services.intake.domain import SealedPart, admit
from services.intake.tests.conftest import Sender


def test_a_whole_melding_is_admitted(sender: Sender) -> None:
    submission = sender.submission(purposes=("case", "identity"))
    admitted = admit(submission, sender.label_payload, START)
    assert [part.purpose for part in admitted.parts] == ["case", "identity"]
    assert not admitted.label_is_stale
    assert admitted.size_bytes == sum(len(part.sealed) for part in submission.parts)


def test_a_stale_label_is_accepted_and_flagged(sender: Sender) -> None:
    assert admit(sender.submission(), sender.label_payload, START + timedelta(hours=24)).label_is_stale


def test_an_ended_label_is_refused(sender: Sender) -> None:
    with pytest.raises(LabelRefused, match="ended"):
        admit(sender.submission(), sender.label_payload, START + timedelta(days=730))


def test_a_melding_sealed_to_another_receiver_is_refused(sender: Sender, oslo_sender: Sender) -> None:
    with pytest.raises(LabelRefused, match="not sealed to a certificate"):
        admit(oslo_sender.submission(), sender.label_payload, START)


def test_a_part_bound_to_another_melding_is_refused(sender: Sender) -> None:
    with pytest.raises(SealMalformed):
        admit(replace(sender.submission(), parts=sender.submission().parts), sender.label_payload, START)


def test_a_digest_of_other_bytes_is_refused(sender: Sender) -> None:
    with pytest.raises(DigestMismatch):
        admit(replace(sender.submission(), digest=Digest(bytes(32))), sender.label_payload, START)


def test_a_cut_part_is_refused(sender: Sender) -> None:
    submission = sender.submission()
    cut = replace(submission.parts[0], sealed=submission.parts[0].sealed[:-4])
    with pytest.raises(SealMalformed):
        admit(replace(submission, parts=(cut,)), sender.label_payload, START)


@pytest.mark.parametrize("purposes", [(), ("identity",), ("case", "case"), ("case", "triage"), ("case",) * 9])
def test_parts_of_other_purposes_are_refused(sender: Sender, purposes: tuple[str, ...]) -> None:
    parts = tuple(SealedPart(purpose, sender.submission().parts[0].key_id, b"x") for purpose in purposes)
    with pytest.raises((Malformed, SealMalformed)):
        admit(replace(sender.submission(), parts=parts), sender.label_payload, START)


def test_parts_over_the_one_limit_are_refused(sender: Sender) -> None:
    key_id = sender.submission().parts[0].key_id
    parts = (SealedPart("case", key_id, bytes(5_000_000)), SealedPart("identity", key_id, b"x"))
    with pytest.raises(TooLarge):
        admit(replace(sender.submission(), parts=parts), sender.label_payload, START)


def test_another_suite_is_refused(sender: Sender) -> None:
    with pytest.raises(Malformed, match="suite"):
        admit(replace(sender.submission(), suite="ks-cms"), sender.label_payload, START)
