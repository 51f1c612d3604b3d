"""What the page does when somebody must leave, sees badly, has no mouse, or when the net and the centre fail."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route

from e2e.portal.conftest import choose_place, new_page, picture
from e2e.portal.test_vendored import run
from libs.statements import Typ, sign
from libs.testing.trust import certify, new_key
from services.gateway.tests.running import Portal


async def fill_smallest(page: Page) -> None:
    """The least that can be sent."""
    await page.wait_for_selector("#skjema[data-forsegler=nettleser]")
    await page.fill('[name="privatBarn.0.personnavn"]', "ukjent")
    await page.fill("#melding", "Oppdiktet bekymring.")
    await page.check("#identitet-kjent")
    await page.fill('[name="privatMelder.personnavn"]', "Nabo Fantasi")


@pytest.mark.full
@pytest.mark.parametrize("way", ["button", "shift", "without script"])
async def test_quick_exit_leads_away_at_once(site: Portal, chromium: Browser, way: str) -> None:
    page = await new_page(chromium, has_script=way != "without script")
    await page.route("https://**", lambda route: route.fulfill(body="vær", content_type="text/html"))
    await choose_place(page, site, "privat", "Bergen")
    if way == "shift":
        for _ in range(3):
            await page.keyboard.press("Shift")
    else:
        await page.click("[data-forlat]")

    await page.wait_for_url("https://www.yr.no/**")


@pytest.mark.full
@pytest.mark.parametrize("path", ["/", "/melding/privat", "/status", "/om", "form"])
async def test_page_fits_at_400_percent(site: Portal, chromium: Browser, path: str) -> None:
    page = await new_page(chromium, width=320)
    if path == "form":
        await choose_place(page, site, "offentlig", "Bergen")
    else:
        await page.goto(site.url + path)
    await picture(page, f"smal-{path.strip('/').replace('/', '-') or 'forside'}")

    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.full
async def test_pages_follow_wcag_as_far_as_a_program_can_tell(site: Portal, chromium: Browser, tmp_path: Path) -> None:
    run("npm", "install", "--ignore-scripts", "--no-audit", "--prefix", str(tmp_path), "axe-core@4", folder=tmp_path)
    axe = (tmp_path / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page = await new_page(chromium)
    found: dict[str, list[str]] = {}
    for path in ("/", "/om", "/status", "/melding/privat", "privat", "offentlig", "faults", "receipt"):
        await _open(page, site, path)
        await page.evaluate(axe)
        result = await page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        if result["violations"]:
            found[path] = [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in result["violations"]]

    assert found == {}


async def _open(page: Page, site: Portal, path: str) -> None:
    if path.startswith("/"):
        await page.goto(site.url + path)
        return
    await choose_place(page, site, "offentlig" if path == "offentlig" else "privat", "Bergen")
    if path == "receipt":
        await fill_smallest(page)
    if path in ("faults", "receipt"):
        await page.wait_for_selector("#skjema[data-forsegler=nettleser]")
        await page.click("#send")
        await page.wait_for_selector(".sv-receipt" if path == "receipt" else "#feil:not([hidden])")


@pytest.mark.full
async def test_form_can_be_sent_with_the_keyboard_and_nothing_stays_in_the_browser(
    site: Portal, chromium: Browser
) -> None:
    page = await new_page(chromium)
    await choose_place(page, site, "privat", "Bergen")
    await fill_smallest(page)
    await page.press("#melding", "Tab")
    await page.focus('[name="privatMelder.personnavn"]')
    await page.keyboard.press("Enter")
    assert site.around.intake.held == [], "the Enter key in a field sends nothing"
    await page.focus("#send")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".sv-receipt")

    kept = await page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    assert await page.context.cookies() == []
    assert page.url == f"{site.url}/melding/privat"


@pytest.mark.full
async def test_lost_answer_is_repeated_with_the_same_bytes_and_arrives_once(site: Portal, chromium: Browser) -> None:
    page = await new_page(chromium)
    bodies: list[str | None] = []

    async def lose_the_answer(route: Route) -> None:
        bodies.append(route.request.post_data)
        if len(bodies) <= 5:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/api/native/v1/meldinger", lose_the_answer)
    await choose_place(page, site, "privat", "Bergen")
    await fill_smallest(page)
    await page.click("#send")

    again = page.get_by_role("button", name="Prøv igjen")
    await again.wait_for(timeout=20_000)
    await picture(page, "usikker")
    assert await page.locator("section[inert]").count() > 0, "what may have arrived cannot be changed"
    await again.click()
    await page.wait_for_selector(".sv-receipt", timeout=20_000)
    assert len(set(bodies)) == 1
    assert len(site.around.intake.held) == 1


@pytest.mark.full
@pytest.mark.parametrize("forged", ["label", "receipt"])
async def test_what_an_uncertified_key_signed_is_not_believed(site: Portal, chromium: Browser, forged: str) -> None:
    page = await new_page(chromium)
    around = site.around
    rogue = await certify(new_key(), new_key(), forged)
    if forged == "receipt":
        object.__setattr__(around.trust, "receipt", rogue)
        await choose_place(page, site, "privat", "Bergen")
    else:
        await choose_place(page, site, "privat", "Bergen")
        await page.route("**/api/native/v1/labels/**", lambda route: _forge(route, rogue))
    await fill_smallest(page)
    await page.click("#send")

    await page.wait_for_selector("[role=alert]")
    await picture(page, f"forfalsket-{forged}")
    assert await page.locator(".sv-receipt").count() == 0


async def _forge(route: Route, rogue: object) -> None:
    answer = await (await route.fetch()).json()
    payload = answer["label"].split(".")[1]
    content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    await route.fulfill(json={"label": await sign(rogue, Typ.LABEL, content)})  # type: ignore[arg-type]
