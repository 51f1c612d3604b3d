"""Sending the same again is safe: the very same receipt, one melding. Other bytes under the same key are a conflict."""

import httpx

from e2e.instance import Instance
from e2e.native import Sender, spoiled


def test_the_same_key_gives_the_very_same_receipt(instance: Instance) -> None:
    with httpx.Client(base_url=instance.portal) as http:
        sender = Sender.of(instance, http)
        submission = sender.submission(sender.address())
        first = sender.post(submission.body)
        again = [sender.post(submission.body) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in [first, *again]] == [(201, first.content)] * 4


def test_the_same_key_with_other_bytes_is_a_conflict(instance: Instance) -> None:
    with httpx.Client(base_url=instance.portal) as http:
        sender = Sender.of(instance, http)
        address = sender.address()
        first, other = sender.submission(address), sender.submission(address)
        assert sender.post(first.body).status_code == 201
        stolen_key = spoiled(other, lambda fields: fields.update(idempotency_key=first.idempotency_key))
        answer = sender.post(stolen_key)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (409, "KEY_CONFLICT")
        assert sender.post(other.body).status_code == 201
