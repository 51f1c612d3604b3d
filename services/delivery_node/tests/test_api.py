"""What programs get: the list, the content byte for byte, the tick."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from libs.sealing.case import CaseFile
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.tests.browser import Browser, Node, new_node
from services.delivery_node.tests.factory import OFFENTLIG

FIRST = MeldingNumber(1, 1)
ONE = "/api/v1/meldinger/1/1"
WHY = {"reason": "Overføring til fagsystemet"}


@pytest.fixture
async def node(tmp_path: Path) -> Node:
    return await new_node(tmp_path)


@pytest.fixture
async def browser(node: Node) -> Browser:
    browser = node.browser()
    await browser.log_in()
    return browser


async def test_the_list_tells_everything_but_the_content(node: Node, browser: Browser) -> None:
    melding = await node.store_melding(await node.centre.melding(1, is_urgent=True))
    listed = (await browser.get("/api/v1/meldinger")).json()
    assert listed["meldinger"] == [
        {
            "reference": melding.receipt.reference,
            "epoch": 1,
            "number": 1,
            "melding_id": melding.receipt.melding_id,
            "type": "privat",
            "kommune": {"nummer": "9901", "navn": "Fjellvik"},
            "bydel": {"nummer": "00", "navn": "Fjellvik"},
            "received_at": "2026-11-22T09:00:00Z",
            "is_urgent": True,
            "state": "ny",
            "stored_at": "2026-11-22T09:00:00Z",
            "opened_at": None,
            "confirmed_at": None,
            "conclusion_due": "2026-11-29",
            "feedback_due": "2026-12-13",
            "digest": melding.digest.hex(),
        }
    ]
    assert (listed["older"], listed["missing"], listed["findings"]) == (None, [], [])


@pytest.mark.parametrize("act", ["read", "export"])
async def test_content_comes_byte_for_byte_and_counts_as_opened(node: Node, browser: Browser, act: str) -> None:
    attachment = CaseFile("vedlegg-1.pdf", "application/pdf", bytes(range(256)))
    await node.store_melding(await node.centre.melding(1, document=OFFENTLIG, files=(attachment,)))
    opened = (await browser.call(f"{ONE}/{act}", WHY)).json()
    document, file = opened["files"]
    assert base64.b64decode(document["content"]) == json.dumps(OFFENTLIG, ensure_ascii=False, indent=1).encode()
    assert base64.b64decode(file["content"]) == attachment.content
    assert file["sha256"] == hashlib.sha256(attachment.content).hexdigest()
    assert (opened["melding"]["state"], opened["problems"], opened["document"]) == ("apnet", [], OFFENTLIG)
    assert [each.act for each in await node.store.access_list(FIRST)] == [act]


async def test_what_does_not_open_is_told_and_not_counted(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1, raw_case=b"garbage"))
    opened = (await browser.call(f"{ONE}/export", WHY)).json()
    assert (opened["problems"], opened["files"], opened["melding"]["state"]) == (["unreadable"], [], "ny")


async def test_a_tick_confirms(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    assert (await browser.call(f"{ONE}/confirm", WHY)).json()["melding"]["state"] == "bekreftet"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": 7}, {"reason": "x" * 301}, [], "x"], ids=str)
async def test_without_a_reason_nothing_is_done(node: Node, browser: Browser, body: object) -> None:
    await node.store_melding(await node.centre.melding(1))
    for act in ("read", "export", "confirm"):
        answer = await browser.call(f"{ONE}/{act}", body)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "MALFORMED")
    assert await node.store.access_list(FIRST) == []


async def test_without_the_token_nothing_is_done(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    answer = await browser.http.post(f"{ONE}/read", json=WHY)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "ACCESS_DENIED")


async def test_errors_are_json_with_words_for_people(browser: Browser) -> None:
    answer = await browser.call(f"{ONE}/read", WHY)
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "reason": "NOT_FOUND",
        "message": "Vi finner ikke denne meldingen i innboksen.",
        "detail": "there is no such melding in this inbox",
    }
