"""When an instance is ready: every process serves, the directory knows the tjenester, and the portal has an address
label for each place of theirs. Then a report sent at once arrives."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from libs.cli.demo import DemoTjeneste
from libs.cli.directory import import_tjenester
from libs.cli.failure import Failure
from libs.cli.health import is_healthy
from libs.cli.layout import Layout
from libs.cli.plan import Plan
from libs.cli.provision import NodeKeys
from libs.cli.state import State
from libs.errors import SamvernError, TimedOut, Unavailable

READY_SECONDS = 150.0
"""Longer than any start seen; then what does not answer is named."""
Tell = Callable[[str], None]

POLL_SECONDS = 0.15
MOST_STARTS = 5
"""A process that was started this often and never served will not."""
LOG_LINES = 15
REQUEST_SECONDS = 5.0


async def wait_until_ready(layout: Layout, plan: Plan, state: Callable[[], State], tell: Tell) -> None:
    """The instance is ready. Raises Failure that says what is not, after READY_SECONDS or as soon as it is clear."""
    waiting = list(plan.names)
    try:
        async with asyncio.timeout(READY_SECONDS):
            await _all_healthy(layout, state, waiting, tell)
            waiting = ["gateway"]
            await _labels_served(plan)
    except TimeoutError:
        logs = ", ".join(str(layout.log(name)) for name in waiting)
        raise Failure(f"not ready after {READY_SECONDS:.0f} s: {', '.join(waiting)}; see {logs}") from None


async def import_when_possible(layout: Layout, plan: Plan, tjenester: list[tuple[DemoTjeneste, NodeKeys]]) -> None:
    """The tjenester stand in the directory, however long it takes to come up. Raises Failure when it refuses them."""
    address = plan.program("directory").listen
    while True:
        try:
            await import_tjenester(layout, address, tjenester)
        except (Unavailable, TimedOut):
            await asyncio.sleep(POLL_SECONDS)
        except SamvernError as refused:
            raise Failure(f"the directory refused the demo's tjenester: {refused}") from refused
        else:
            return


async def _all_healthy(layout: Layout, state: Callable[[], State], waiting: list[str], tell: Tell) -> None:
    while waiting:
        processes = state().processes
        for name in list(waiting):
            if await is_healthy(layout, processes[name]):
                waiting.remove(name)
                tell(f"{name} serves" + (f"; waiting for {len(waiting)} more" if waiting else ""))
            elif processes[name].starts >= MOST_STARTS:
                raise Failure(f"{name} keeps ending. The end of {layout.log(name)}:\n{_tail(layout.log(name))}")
        await asyncio.sleep(POLL_SECONDS)


async def _labels_served(plan: Plan) -> None:
    for kommune, bydel in [place for node in plan.nodes if node.tjeneste for place in node.tjeneste.places]:
        url = f"{plan.portal_url}/api/native/v1/labels/{kommune}/{bydel}"
        while not await asyncio.to_thread(_answers, url):
            await asyncio.sleep(POLL_SECONDS)


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=REQUEST_SECONDS):
            return True
    except (OSError, urllib.error.URLError):
        return False


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(nothing)"
    return "\n".join(lines[-LOG_LINES:])
