"""When an instance is ready: every process serves, the directory knows the tjenester, and intake holds an address label
for each place of theirs. Then a report sent at once arrives, also when all others stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from libs.cli.demo import DemoTjeneste
from libs.cli.directory import import_tjenester
from libs.cli.failure import Failure
from libs.cli.health import is_healthy
from libs.cli.layout import Layout
from libs.cli.plan import Plan
from libs.cli.provision import NodeKeys
from libs.cli.state import State
from libs.errors import SamvernError, TimedOut, Unavailable
from libs.rpc.channel import connect
from libs.rpc.config import Peer, Tls
from libs.telemetry.telemetry import NoTelemetry
from samvern.intake.v1 import intake_pb2
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub
from samvern.types.v1 import types_pb2

if TYPE_CHECKING:
    from samvern.intake.v1.intake_pb2_grpc import IntakeServiceAsyncStub

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
            waiting = ["intake"]
            await _labels_held(layout, plan)
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


async def _labels_held(layout: Layout, plan: Plan) -> None:
    """Asked as the portal asks: intake itself holds them, so that it can do without all others from here on."""
    places = [place for node in plan.nodes if node.tjeneste for place in node.tjeneste.places]
    if not places:
        return
    peer = Peer(address=plan.program("intake").listen, name="service/intake")
    folder = layout.tls("service/gateway")
    tls = Tls(certificate=folder / "cert.pem", key=folder / "key.pem", ca=folder / "ca.pem")
    async with connect(peer, tls, NoTelemetry()) as channel:
        stub = IntakeServiceStub(channel)
        for kommune, bydel in places:
            place = types_pb2.Place(kommunenummer=kommune, bydelsnummer=bydel)
            while not await _is_held(stub, place):
                await asyncio.sleep(POLL_SECONDS)


async def _is_held(stub: "IntakeServiceAsyncStub", place: types_pb2.Place) -> bool:
    try:
        await stub.GetLabel(intake_pb2.GetLabelRequest(place=place), timeout=REQUEST_SECONDS)
    except SamvernError:
        return False
    return True


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(nothing)"
    return "\n".join(lines[-LOG_LINES:])
