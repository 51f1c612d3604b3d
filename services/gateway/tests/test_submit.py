"""A sealed melding gets its receipt; everything else a clear refusal, and changes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.errors import Internal, KeyConflict, OutcomeUnknown, Overloaded, Unavailable
from libs.sealing.secret import ReporterSecret
from libs.sender.submission import Address, Content, Submission, build_submission
from libs.statements import Typ, verify
from libs.testing.world import START, SeededIds
from libs.values import MAX_BODY_BYTES, Place
from libs.web.body import BodyLimits
from libs.web.server import serve_http
from services.gateway.tests.doubles import Surrounding

PATH = "/api/native/v1/meldinger"
JSON = {"content-type": "application/json"}
DOCUMENT = b'{"privatMelder":{}}'


async def submission(around: Surrounding, seed: int = 0, secret: ReporterSecret | None = None) -> Submission:
    label = await around.intake.label(Place.parse("4601", "00"))
    address = Address.verified(label, around.trust.root, START)
    return build_submission(address, Content("privat", "privat.v2", DOCUMENT), SeededIds(seed), secret)


async def changed(around: Surrounding, **fields: Any) -> bytes:
    given = json.loads((await submission(around)).body) | fields
    return json.dumps({name: value for name, value in given.items() if value is not ...}).encode()


async def test_sealed_melding_gets_a_receipt_and_goes_on_unchanged(around: Surrounding) -> None:
    sent = await submission(around, secret=ReporterSecret(bytes(16)))
    async with around.browser() as browser:
        answer = await browser.post(PATH, content=sent.body, headers=JSON)

    assert answer.status_code == 201
    sent.verified(answer.json()["receipt"], around.trust.root)
    [held] = around.intake.held
    assert held.request.sender_scope == "native"
    assert held.request.access_token_hash == ReporterSecret(bytes(16)).derive().access_token_hash
    assert (await around.intake.opened_case()).document == DOCUMENT


async def test_repeat_gives_the_very_same_bytes(around: Surrounding) -> None:
    sent = await submission(around)
    async with around.browser() as browser:
        answers = [await browser.post(PATH, content=sent.body, headers=JSON) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert len(around.intake.held) == 1


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"format": "other"}, "a value that is not allowed at `$.format`"),
        ({"canary": "canary"}, "unknown field at `$`"),
        ({"digest": ...}, "missing required field `digest`"),
        ({"parts": []}, "length >= 1"),
        ({"parts": [{"purpose": "case", "key_id": "x", "sealed": 1}]}, "$.parts[0].sealed"),
        ({"idempotency_key": "short"}, "length >= 16"),
        ({"digest": "=="}, "base64url"),
        ({"type": "canary"}, "not allowed at `$.type`"),
    ],
)
async def test_wrong_json_is_told_by_place_and_never_by_content(
    around: Surrounding, fields: dict[str, Any], detail: str
) -> None:
    async with around.browser() as browser:
        answer = await browser.post(PATH, content=await changed(around, **fields), headers=JSON)

    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (400, "MALFORMED")
    assert detail in error["detail"]
    assert "canary" not in answer.text
    assert around.intake.held == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"format":"samvern-submit-1"', b"[" * 100_000])
async def test_what_is_not_a_submission_is_malformed(around: Surrounding, body: bytes) -> None:
    async with around.browser() as browser:
        answer = await browser.post(PATH, content=body, headers=JSON)

    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "MALFORMED")


async def test_ten_thousand_parts_are_refused_at_once(around: Surrounding) -> None:
    parts = [{"purpose": "case", "key_id": "x", "sealed": "x"}] * 10_000
    async with around.browser() as browser, asyncio.timeout(1):
        answer = await browser.post(PATH, content=await changed(around, parts=parts), headers=JSON)

    assert "length <= 8" in answer.json()["error"]["detail"]


async def test_one_byte_too_many_is_refused_sized_and_chunked(around: Surrounding) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * (MAX_BODY_BYTES // 5)
        yield b"x"

    async with around.browser() as browser:
        for content in (b"x" * (MAX_BODY_BYTES + 1), chunks()):
            answer = await browser.post(PATH, content=content, headers=JSON)
            assert (answer.status_code, answer.json()["error"]["reason"]) == (413, "TOO_LARGE")
            assert answer.headers["connection"] == "close"


async def test_body_of_the_limit_is_read(around: Surrounding) -> None:
    async with around.browser() as browser:
        answer = await browser.post(PATH, content=b"x" * MAX_BODY_BYTES, headers=JSON)

    assert answer.json()["error"]["reason"] == "MALFORMED"


@pytest.mark.parametrize(
    ("failure", "status", "reason"),
    [
        (KeyConflict("other bytes"), 409, "KEY_CONFLICT"),
        (OutcomeUnknown("perhaps"), 503, "OUTCOME_UNKNOWN"),
        (Overloaded("full", retry_after_seconds=3.2), 503, "OVERLOADED"),
        (Unavailable("away"), 503, "UNAVAILABLE"),
        (Internal("secret cause"), 500, "INTERNAL"),
    ],
)
async def test_intakes_errors_are_told_with_a_time_to_come_back(
    around: Surrounding, failure: Any, status: int, reason: str
) -> None:
    around.intake.failure = failure
    body = await changed_before_failure(around)
    async with around.browser() as browser:
        answer = await browser.post(PATH, content=body, headers=JSON)

    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (status, reason)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert answer.headers.get("retry-after") == (str(error["retry_after_seconds"]) if status == 503 else None)


async def changed_before_failure(around: Surrounding) -> bytes:
    failure, around.intake.failure = around.intake.failure, None
    body = await changed(around)
    around.intake.failure = failure
    return body


async def test_other_methods_paths_and_media_have_the_same_form(around: Surrounding) -> None:
    async with around.browser() as browser:
        answers = [
            await browser.get(PATH),
            await browser.get("/api/native/v1/nothing"),
            await browser.post(PATH, content=b"{}", headers={"content-type": "text/plain"}),
        ]

    assert [answer.status_code for answer in answers] == [405, 404, 415]
    assert [answer.json()["error"]["reason"] for answer in answers] == ["MALFORMED", "NOT_FOUND", "MALFORMED"]


async def test_slow_body_is_cut_with_408(around: Surrounding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.routes.submit.MELDING_BODY", _quick())
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    async with serve_http(around.app(), "127.0.0.1:0") as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(head.encode() + b"{")
        async with asyncio.timeout(3):
            answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"reason":"TIMED_OUT"' in answer


def _quick() -> Any:
    return BodyLimits(max_bytes=5_000_000, total_seconds=1, idle_seconds=0.1)


async def test_receipt_is_signed_by_a_key_the_root_certifies(around: Surrounding) -> None:
    async with around.browser() as browser:
        answer = await browser.post(PATH, content=(await submission(around)).body, headers=JSON)

    verify(answer.json()["receipt"], Typ.RECEIPT, around.trust.root)
