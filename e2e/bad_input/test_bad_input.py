"""Each bad request gets one clear, typed error within its time, and changes nothing."""

import base64
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from e2e.instance import Instance
from e2e.native import ENDPOINT, Sender, Spoil, spoiled
from libs.sender.submission import Address
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust
from libs.values import MAX_BODY_BYTES

ANSWER_SECONDS = 1.0
SLOW_UPLOAD_SECONDS = 35.0
"""The gateway cuts a body that has not come within 30 s, or has paused for 5 s."""


def _set(**fields: object) -> Spoil:
    return lambda body: body.update(fields)


def _part(**fields: object) -> Spoil:
    return lambda body: body["parts"][0].update(fields)


def _cut(body: dict[str, Any]) -> None:
    body["parts"][0]["sealed"] = body["parts"][0]["sealed"][:-2000]


def _cms_garbage(body: dict[str, Any]) -> None:
    body["parts"][0]["sealed"] = base64.b64encode(b"\x30\x80\x06\x09" + bytes(3000)).decode()


def _flipped_label(body: dict[str, Any]) -> None:
    head, payload, signature = body["label"].split(".")
    body["label"] = f"{head}.{payload[:-2]}{'A' if payload[-2] != 'A' else 'B'}{payload[-1]}.{signature}"


SPOILED: dict[str, tuple[Spoil, int, str]] = {
    "no digest": (lambda body: body.pop("digest"), 400, "MALFORMED"),
    "a field we do not know": (_set(ekstra=1), 400, "MALFORMED"),
    "a kommune for a label": (_set(label="4601"), 422, "LABEL_REFUSED"),
    "label changed": (_flipped_label, 422, "LABEL_REFUSED"),
    "another digest": (_set(digest=base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()), 422, "DIGEST_MISMATCH"),
    "part cut short": (_cut, 422, "SEAL_MALFORMED"),
    "garbage CMS": (_cms_garbage, 422, "SEAL_MALFORMED"),
    "garbage JWE": (_part(sealed="a.b.c.d.e"), 422, "SEAL_MALFORMED"),
    "part for another key": (_part(key_id="A" * 43), 422, "SEAL_MALFORMED"),
    "part for another melding": (_set(melding_id="5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11"), 422, "SEAL_MALFORMED"),
    "unknown suite": (_set(suite="rot13"), 400, "MALFORMED"),
    "no part": (_set(parts=[]), 400, "MALFORMED"),
    "10 000 parts": (_set(parts=[{"purpose": "case", "key_id": "x", "sealed": "y"}] * 10_000), 400, "MALFORMED"),
    "a key that is too short": (_set(idempotency_key="kort"), 400, "MALFORMED"),
}


@pytest.fixture(scope="module")
def http(instance: Instance) -> Any:
    with httpx.Client(base_url=instance.portal, timeout=SLOW_UPLOAD_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def sender(instance: Instance, http: httpx.Client) -> Sender:
    return Sender.of(instance, http)


def _refused(answer: httpx.Response, status: int, *reasons: str) -> None:
    assert answer.status_code == status, answer.text[:500]
    problem = answer.json()["error"]
    assert problem["reason"] in reasons, problem
    assert problem["message"]
    assert problem["detail"]


@pytest.mark.parametrize("name", list(SPOILED))
def test_a_spoiled_submission_is_refused_within_a_second(sender: Sender, name: str) -> None:
    spoil, status, reason = SPOILED[name]
    body = spoiled(sender.submission(sender.address()), spoil)
    start = time.monotonic()
    answer = sender.post(body)
    assert time.monotonic() - start < ANSWER_SECONDS
    if name in ("part for another key", "part for another melding"):
        _refused(answer, status, reason, "LABEL_REFUSED", "DIGEST_MISMATCH")
    else:
        _refused(answer, status, reason)


def test_a_label_for_another_receiver_is_refused(sender: Sender) -> None:
    submission, other = sender.submission(sender.address()), sender.address("0301", "01")
    answer = sender.post(spoiled(submission, _set(label=other.statement)))
    _refused(answer, 422, "LABEL_REFUSED", "SEAL_MALFORMED")


async def test_a_label_signed_by_a_stranger_is_refused(sender: Sender) -> None:
    forged = await TestReceiver.new().label(await TestTrust.new())
    answer = sender.post(spoiled(sender.submission(sender.address()), _set(label=forged)))
    _refused(answer, 422, "LABEL_REFUSED")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"a":' * 5000])
def test_what_is_not_json_of_ours_is_refused(sender: Sender, body: bytes) -> None:
    _refused(sender.post(body), 400, "MALFORMED")


def test_a_kommune_nobody_knows_is_not_found(http: httpx.Client) -> None:
    _refused(http.get("/api/native/v1/labels/9999/00"), 404, "NOT_FOUND")


def test_a_kommune_that_is_not_connected_says_so(http: httpx.Client) -> None:
    _refused(http.get("/api/native/v1/labels/1103/00"), 409, "NOT_CONNECTED")


def test_one_byte_too_many_is_refused_before_it_is_read_to_the_end(sender: Sender) -> None:
    body = spoiled(sender.submission(sender.address()), _set(fyll=""))
    filler = b'"fyll": "' + b"x" * (MAX_BODY_BYTES + 1 - len(body))
    _refused(sender.post(body.replace(b'"fyll": "', filler)), 413, "TOO_LARGE")


def test_a_chunked_body_has_the_same_limit(sender: Sender, http: httpx.Client) -> None:
    chunks = (b"x" * 100_000 for _ in range(51))
    answer = http.post(ENDPOINT, content=chunks, headers={"content-type": "application/json"})
    _refused(answer, 413, "TOO_LARGE")


def test_other_paths_and_methods_answer_in_the_same_form(http: httpx.Client) -> None:
    assert http.get("/api/native/v1/finnes-ikke").json()["error"]["reason"] == "NOT_FOUND"
    assert http.delete(ENDPOINT).json()["error"]["message"]


def test_a_slow_upload_is_cut_and_delays_nobody(sender: Sender, instance: Instance) -> None:
    portal = urlsplit(instance.portal)
    assert portal.hostname is not None
    with socket.create_connection((portal.hostname, portal.port or 80), timeout=SLOW_UPLOAD_SECONDS) as slow:
        head = (
            f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
        )
        slow.sendall(head.encode() + b'{"format"')
        start = time.monotonic()
        assert sender.post(sender.submission(sender.address()).body).status_code == 201
        assert time.monotonic() - start < 2 * ANSWER_SECONDS
        answer = slow.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 408"), answer[:200]
    assert json.loads(answer.partition("\r\n\r\n")[2])["error"]["reason"] == "TIMED_OUT"


def test_what_was_refused_took_no_number(sender: Sender) -> None:
    address = sender.address()
    first = _accepted_number(sender, address)
    for spoil, status, _ in SPOILED.values():
        assert sender.post(spoiled(sender.submission(address), spoil)).status_code == status
    assert _accepted_number(sender, address) == first + 1


def _accepted_number(sender: Sender, address: Address) -> int:
    return sender.client.submit(sender.submission(address)).receipt.number
