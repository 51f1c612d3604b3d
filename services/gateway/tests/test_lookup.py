"""Labels, places and status answer from what intake holds, with everything else away."""

import pytest

from libs.errors import Unavailable
from libs.sealing import base64url
from libs.sealing.secret import ReporterSecret
from libs.statements import Typ, verify
from libs.statements.payloads import Label, decode
from libs.values import Place
from services.gateway.tests.doubles import Surrounding
from services.gateway.tests.test_submit import JSON, PATH, submission
from services.gateway.upstream import LogFile

API = "/api/native/v1"


async def test_label_is_served_for_an_old_number_too(around: Surrounding) -> None:
    async with around.browser() as browser:
        for kommune in ("4601", "1201"):
            answer = await browser.get(f"{API}/labels/{kommune}/00")
            label = decode(verify(answer.json()["label"], Typ.LABEL, around.trust.root), Label)
            assert label.kommune.nummer == "4601"

    assert around.routing.asked == 0


async def test_stale_label_is_renewed_when_routing_answers_and_used_when_not(around: Surrounding) -> None:
    around.clock.advance(25 * 3600)
    place = Place.parse("4601", "00")
    fresher = await around.intake.label(place)
    async with around.browser() as browser:
        assert (await browser.get(f"{API}/labels/4601/00")).status_code == 200
        assert (await browser.get(f"{API}/labels/4601/00")).status_code == 200
        assert around.routing.asked == 1, "a routing that is away is not asked again at once"

        around.clock.advance(31)
        around.routing.labels[place] = fresher
        assert (await browser.get(f"{API}/labels/4601/00")).json() == {"label": fresher}


async def test_place_that_is_not_connected_is_told_with_whom_to_phone(around: Surrounding) -> None:
    async with around.browser() as browser:
        answer = await browser.get(f"{API}/labels/3103/00")

    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (409, "NOT_CONNECTED")
    assert error["contact"]["kommune"] == "Moss (Fylket)"
    assert [phone["number"] for phone in error["contact"]["phones"]] == ["112", "116 111"]


@pytest.mark.parametrize(("path", "status"), [("9999/00", 404), ("abc/00", 400), ("0301/77", 404)])
async def test_unknown_places_are_not_found(around: Surrounding, path: str, status: int) -> None:
    async with around.browser() as browser:
        assert (await browser.get(f"{API}/labels/{path}")).status_code == status


async def test_cold_gateway_works_with_all_but_intake_away(around: Surrounding) -> None:
    async with around.browser() as browser:
        assert (await browser.get(f"{API}/labels/4640/00")).status_code == 200


async def test_without_a_snapshot_the_answer_says_come_back(around: Surrounding) -> None:
    around.intake.failure = Unavailable("away")
    async with around.browser() as browser:
        answer = await browser.get(f"{API}/places?q=bergen")

    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_place_tells_its_bydeler_where_they_decide(around: Surrounding) -> None:
    async with around.browser() as browser:
        oslo = (await browser.get(f"{API}/places/0301")).json()
        bergen = (await browser.get(f"{API}/places/1201")).json()
        split = (await browser.get(f"{API}/places/1507")).json()

    assert oslo["outcome"] == "CHOOSE_BYDEL"
    assert [(each["bydelsnummer"], each["outcome"]) for each in oslo["bydeler"]] == [
        ("01", "CONNECTED"),
        ("02", "CONNECTED"),
        ("03", "NOT_CONNECTED"),
    ]
    assert (bergen["kommunenummer"], bergen["outcome"], "bydeler" in bergen) == ("4601", "CONNECTED", False)
    assert [each["kommunenummer"] for each in split["candidates"]] == ["1508", "1580"]


async def test_status_is_for_who_holds_the_secret_and_else_always_alike(around: Surrounding) -> None:
    secret = ReporterSecret(bytes(16))
    derived = secret.derive()
    question = {
        "lookup_id": base64url.encode(derived.lookup_id),
        "access_token": base64url.encode(derived.access_token),
    }
    async with around.browser() as browser:
        await browser.post(PATH, content=(await submission(around, secret=secret)).body, headers=JSON)
        right = await browser.post(f"{API}/status", json=question)
        wrong_token = await browser.post(f"{API}/status", json=question | {"access_token": base64url.encode(bytes(32))})
        unknown = await browser.post(f"{API}/status", json=question | {"lookup_id": base64url.encode(bytes(16))})

    assert right.json() == {
        "receipt": around.intake.held[0].receipt,
        "copies": 1,
        "steps": [{"step": "accepted", "at": "2026-11-22T09:00:00Z"}],
    }
    assert wrong_token.status_code == 404
    assert wrong_token.content == unknown.content


async def test_logs_are_served_as_they_are_and_kept_as_long_as_they_hold(around: Surrounding) -> None:
    around.audit.files = {
        ("keys", "checkpoint"): LogFile(b"samvern.local/log/keys\n", is_immutable=False),
        ("events", "tile/0/000"): LogFile(bytes(32), is_immutable=True),
    }
    async with around.browser() as browser:
        checkpoint = await browser.get("/log/keys/checkpoint")
        tile = await browser.get("/log/events/tile/0/000")
        missing = [await browser.get(path) for path in ("/log/keys/tile/0/001", "/log/other/checkpoint")]

    assert checkpoint.content == b"samvern.local/log/keys\n"
    assert (checkpoint.headers["cache-control"], tile.headers["cache-control"]) == (
        "public, max-age=2",
        "public, max-age=31536000, immutable",
    )
    assert tile.content == bytes(32)
    assert [answer.status_code for answer in missing] == [404, 404]


async def test_root_and_hashes_of_the_script_are_public(around: Surrounding) -> None:
    async with around.browser() as browser:
        assert (await browser.get("/trust/root.json")).content == around.trust.root.encode()
        assert "js/forlat.js" in (await browser.get("/trust/script.json")).json()["files"]
