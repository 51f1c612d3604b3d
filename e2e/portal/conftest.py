"""A portal, a browser with and without JavaScript, and pictures of what it shows."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from libs.testing.labels import TestReceiver
from services.gateway.tests.running import Portal, portal


@pytest.fixture(scope="session")
def receiver() -> TestReceiver:
    """One receiver for all stories."""
    return TestReceiver.new()


@pytest.fixture
async def site(receiver: TestReceiver) -> AsyncIterator[Portal]:
    """Portal and sealing process."""
    async with portal(receiver) as running:
        yield running


async def new_page(browser: Browser, *, has_script: bool = True, width: int = 1000) -> Page:
    """A page in a browser of its own, whose complaints fail the story (see complaints)."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=has_script, locale="nb-NO"
    )
    page = await context.new_page()
    page.set_default_timeout(10_000)
    return page


async def picture(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody wants to look."""
    if folder := os.environ.get("SAMVERN_PICTURES"):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


async def choose_place(page: Page, site: Portal, kind: str, place: str) -> None:
    """From the front page to the form."""
    await page.goto(site.url)
    await page.click(f'a[href="/melding/{kind}"]')
    await page.fill("#sted", place)
    await page.click("text=Finn kommunen")
    await page.wait_for_selector("#skjema")
