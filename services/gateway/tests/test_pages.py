"""The portal's pages: the way from a place to a form, without JavaScript, and nothing of it in an address."""

import re

import pytest

from libs.errors import Unavailable
from services.gateway.tests.doubles import Surrounding

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_front_page_shows_whom_to_call_and_the_ways_in(around: Surrounding) -> None:
    async with around.browser() as browser:
        page = (await browser.get("/")).text

    for text in ('href="tel:112"', 'href="tel:116111"', 'href="/melding/privat"', 'href="/melding/offentlig"'):
        assert text in page


async def test_pages_need_nothing_but_intake(around: Surrounding) -> None:
    async with around.browser() as browser:
        for path in ("/", "/om", "/status", "/melding/privat", "/melding/offentlig"):
            assert (await browser.get(path)).status_code == 200

    assert around.routing.asked == 0


async def test_every_answer_is_strict_and_sets_no_cookie(around: Surrounding) -> None:
    async with around.browser() as browser:
        for path in ("/", "/melding/privat", "/nothing", "/api/native/v1/nothing"):
            headers = (await browser.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
            assert "script-src 'self';" in headers["content-security-policy"]
            assert "form-action 'self' http://127.0.0.1:8081;" in headers["content-security-policy"]
            assert "set-cookie" not in headers


async def test_page_has_no_inline_script_or_style_and_loads_only_from_here(around: Surrounding) -> None:
    async with around.browser() as browser:
        form = await browser.post("/melding/privat", data={"sted": "Bergen"})

    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", form.text) == []
    assert re.findall(r"<style|style=|onclick=|javascript:", form.text) == []
    assert all(url.startswith("/static/") for url in re.findall(r'src="([^"]*)"', form.text))


@pytest.mark.parametrize(
    ("answers", "status", "expected"),
    [
        ({"sted": "Bergen"}, 200, 'id="skjema"'),
        ({"kommune": "1201"}, 200, 'id="skjema"'),
        ({"sted": "5003"}, 200, 'name="kommune" value="4601"'),
        ({"sted": "6899"}, 200, 'name="kommune" value="4638"'),
        ({"sted": "1507"}, 200, 'name="kommune" value="1580"'),
        ({"kommune": "1507"}, 200, 'name="kommune" value="1580"'),
        ({"sted": "Atlantis"}, 422, 'id="sted-feil"'),
        ({"sted": ""}, 422, 'id="sted-feil"'),
        ({"kommune": "x"}, 422, 'id="sted-feil"'),
        ({"vet_ikke": "1"}, 200, "Alarmtelefonen 116 111"),
        ({"sted": "Oslo"}, 200, 'id="bydel-01"'),
        ({"kommune": "0301", "bydel_spurt": "1"}, 422, 'id="bydel-feil"'),
        ({"kommune": "0301", "bydel": "01"}, 200, 'id="skjema"'),
        ({"kommune": "0301", "bydel": "03"}, 200, "ikke tatt imot noe"),
        ({"kommune": "0301", "bydel": "vet-ikke"}, 200, "ikke tatt imot noe"),
        ({"sted": "Moss"}, 200, "ikke tatt imot noe"),
    ],
)
async def test_an_answer_about_the_place_leads_on(
    around: Surrounding, answers: dict[str, str], status: int, expected: str
) -> None:
    async with around.browser() as browser:
        page = await browser.post("/melding/privat", data=answers)

    assert (page.status_code, expected in page.text) == (status, True)


async def test_place_that_is_not_connected_shows_no_invented_number_and_no_form(around: Surrounding) -> None:
    async with around.browser() as browser:
        page = (await browser.post("/melding/privat", data={"sted": "Moss"})).text

    assert set(re.findall(r'href="tel:([0-9]+)"', page)) == {"112", "116111"}
    assert 'id="skjema"' not in page


async def test_form_posts_to_the_sealing_process_and_every_answer_has_a_label(around: Surrounding) -> None:
    async with around.browser() as browser:
        for kind in ("privat", "offentlig"):
            page = (await browser.post(f"/melding/{kind}", data={"sted": "Bergen"})).text.partition("<template")[0]
            assert f'action="http://127.0.0.1:8081/melding/{kind}"' in page
            labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
            inputs = re.findall(r'<(?:input|textarea)[^>]* type="(?!hidden)[^"]*" id="([^"]+)"', page)
            inputs += re.findall(r'<textarea[^>]* id="([^"]+)"', page)
            assert inputs
            assert [name for name in inputs if name not in labelled] == []
            assert len(re.findall(r'autocomplete="off"', page)) > len(inputs) / 2


async def test_errors_are_pages_in_norwegian(around: Surrounding) -> None:
    async with around.browser() as browser:
        missing = await browser.get("/melding/annet")
        around.intake.failure = Unavailable("away")
        away = await browser.get("/melding/privat")

    assert (missing.status_code, "Siden finnes ikke" in missing.text) == (404, True)
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert 'href="tel:112"' in away.text


async def test_what_is_typed_is_escaped(around: Surrounding) -> None:
    async with around.browser() as browser:
        page = await browser.post("/melding/privat", data={"sted": '"><script>alert(1)</script>'})

    assert "<script>alert" not in page.text


async def test_a_large_answer_about_the_place_is_refused(around: Surrounding) -> None:
    async with around.browser() as browser:
        page = await browser.post("/melding/privat", content=b"sted=" + b"x" * 20_000, headers=FORM)

    assert (page.status_code, "Det var for mye" in page.text) == (413, True)
