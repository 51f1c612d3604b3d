"""One instance for the stories that do no harm, one of its own for each that kills, and a browser."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from e2e.instance import Instance


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance, shared by the whole session."""
    running = Instance.up(tmp_path_factory.mktemp("instance") / "data")
    yield running
    running.down()


@pytest.fixture
def own_instance(tmp_path: Path) -> Iterator[Instance]:
    """A running instance that this story may break."""
    running = Instance.up(tmp_path / "data")
    yield running
    running.down()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium; the story fails plainly where it is missing."""
    program = shutil.which("chromium")
    assert program, "these stories need the package chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()
