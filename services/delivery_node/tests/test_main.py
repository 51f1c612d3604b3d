"""The whole program over a real channel to a delivery, started, stopped and started again in one process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from grpc.aio import EOF, Channel
from litestar.types import ASGIApp

from libs.config.load import load
from libs.rpc.server import Running
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.rpc import TestServer, serving
from libs.testing.world import FakeClock, SeededIds, SeededRng
from libs.web.server import RunningHttp
from samvern.delivery.v1 import delivery_pb2 as pb
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceServicer, add_DeliveryServiceServicer_to_server
from services.delivery_node.config import Config
from services.delivery_node.main import Deps, run
from services.delivery_node.pages.sessions import cookies
from services.delivery_node.receiver_keys import ReceiverKeys
from services.delivery_node.store.memory import Disk, MemoryStore
from services.delivery_node.tests.browser import URL, Browser, MadeUpProvider, PlainPrinter
from services.delivery_node.tests.delivery_double import DeliveryDouble
from services.delivery_node.tests.factory import NODE, Centre

NAME = pb.DESCRIPTOR.services_by_name["DeliveryService"].full_name
METHODS = ("StreamHeads", "ListHeads", "FetchMelding", "ConfirmStored", "RecordProof")
SECONDS = 10.0


class OverGrpc(DeliveryServiceServicer):
    """Delivery's double behind a real server."""

    def __init__(self, double: DeliveryDouble) -> None:
        self._double = double

    async def StreamHeads(self, request: Any, context: Any) -> None:  # type: ignore[override]
        await self._pass_on(self._double.StreamHeads(request), context)

    async def FetchMelding(self, request: Any, context: Any) -> None:  # type: ignore[override]
        await self._pass_on(self._double.FetchMelding(request, timeout=SECONDS), context)

    async def ConfirmStored(self, request: Any, context: Any) -> Any:
        return await self._double.ConfirmStored(request, timeout=SECONDS)

    async def ListHeads(self, request: Any, context: Any) -> Any:
        return await self._double.ListHeads(request, timeout=SECONDS)

    async def RecordProof(self, request: Any, context: Any) -> Any:
        return await self._double.RecordProof(request, timeout=SECONDS)

    async def _pass_on(self, call: Any, context: Any) -> None:
        while (message := await call.read()) is not EOF:
            await context.write(message)


class Program:
    """What outlives the process: disk, keys, the world outside."""

    def __init__(self, folder: Path, centre: Centre, delivery: Channel) -> None:
        (folder / "node.toml").write_text(NODE)
        (folder / "session").write_text("0123456789abcdef" * 2)
        self.config = load(folder / "node.toml", Config)
        self.centre = centre
        self.delivery = delivery
        self.disk = Disk()
        self.provider = MadeUpProvider()
        self.apps: list[ASGIApp] = []

    async def runs_until(self, is_reached: Callable[[], bool]) -> None:
        """Starts the program, waits, and ends it as a signal would."""
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
            program = tasks.create_task(run(self._deps()))
            while not is_reached():
                await asyncio.sleep(0.005)
            program.cancel()

    def _deps(self) -> Deps:
        return Deps(
            config=self.config,
            root=self.centre.trust.root,
            keys=ReceiverKeys({self.centre.key_id: "case"}),
            cookies=cookies(self.config.session_secret_file, URL),
            clock=FakeClock(),
            ids=SeededIds(),
            rng=SeededRng(),
            telemetry=NoTelemetry(),
            delivery=self.delivery,
            store=MemoryStore(self.disk),
            keystore=self.centre.keystore,
            provider=self.provider,
            printer=PlainPrinter(),
            serve=lambda _register: self._serve(),
            serve_http=self._serve_http,
        )

    @asynccontextmanager
    async def _serve(self) -> AsyncIterator[Running]:
        yield Running(0, None, ())  # type: ignore[arg-type] # Health is not asked for here.

    @asynccontextmanager
    async def _serve_http(self, app: ASGIApp) -> AsyncIterator[RunningHttp]:
        self.apps.append(app)
        yield RunningHttp(0)


@pytest.fixture
async def centre() -> Centre:
    return await Centre.new()


@pytest.fixture
async def double(centre: Centre) -> DeliveryDouble:
    return DeliveryDouble(await centre.keystore.ensure_signing_key("proof"))


@pytest.fixture
async def server(tmp_path: Path, double: DeliveryDouble) -> AsyncIterator[TestServer]:
    access = {f"/{NAME}/{method}": ("node/*",) for method in METHODS}
    started = serving(
        tmp_path,
        access=access,
        register=lambda server: add_DeliveryServiceServicer_to_server(OverGrpc(double), server),
        services=[NAME],
        name="service/delivery",
    )
    async with started as running:
        yield running


async def test_it_stores_proves_and_shows_and_goes_on_after_a_restart(
    tmp_path: Path, centre: Centre, double: DeliveryDouble, server: TestServer
) -> None:
    double.add(await centre.melding(1))
    async with server.channel("node/bergen") as channel:
        program = Program(tmp_path, centre, channel)
        await program.runs_until(lambda: len(double.proofs) == 1)
        double.add(await centre.melding(2))
        await program.runs_until(lambda: len(double.proofs) == 2)

    transport = httpx.ASGITransport(program.apps[-1])  # type: ignore[arg-type]
    browser = Browser(httpx.AsyncClient(transport=transport, base_url=URL), program.provider)
    await browser.log_in()
    listed = (await browser.get("/api/v1/meldinger")).json()["meldinger"]
    assert [(each["number"], each["state"]) for each in listed] == [(2, "ny"), (1, "ny")]
    # Stopped before it heard the answer, the program sends a proof again after the restart: the very same one.
    assert all(len(set(sent)) == 1 for sent in double.proofs.values())
