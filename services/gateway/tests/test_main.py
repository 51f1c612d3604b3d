"""The whole program with intake's own service beside it, over mutual TLS: from a page to a receipt, and a quick end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
from grpc.aio import Server
from litestar.types import ASGIApp

from libs.errors import TimedOut, Unavailable
from libs.routing.tests.snapshots import snapshot
from libs.rpc.config import Peer
from libs.rpc.server import serve
from libs.sender.client import NativeClient
from libs.sender.submission import Content, build_submission
from libs.statements import Typ, verify
from libs.statements.payloads import Label, decode
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.ports import free_port
from libs.testing.rpc import TestServer, serving
from libs.testing.trust import TestTrust
from libs.testing.world import START, FakeClock, SeededIds, SeededRng
from libs.web.server import RunningHttp, serve_http
from samvern.intake.v1.intake_pb2_grpc import add_IntakeServiceServicer_to_server
from services.gateway.access import ACCESS
from services.gateway.config import Config, Peers
from services.gateway.main import Deps, run
from services.intake.access import ACCESS as INTAKE_ACCESS
from services.intake.fake import FakeIntake

PATH = "/api/native/v1/meldinger"
DOCUMENT = b'{"privatMelder":{}}'


async def test_report_is_taken_in_by_the_running_program_which_ends_at_once(
    tmp_path: Path, receiver: TestReceiver
) -> None:
    trust = await TestTrust.new()
    intake = await FakeIntake.new(trust)
    await intake.hold(trust, snapshot(), [await _label(trust, receiver)])

    def register(server: Server) -> None:
        add_IntakeServiceServicer_to_server(intake, server)

    async with (
        serving(tmp_path, access=INTAKE_ACCESS, register=register, services=[], name="service/intake") as peer,
        asyncio.TaskGroup() as tasks,
    ):
        up: asyncio.Queue[RunningHttp] = asyncio.Queue()
        program = tasks.create_task(_program(peer, trust, up))
        url = f"http://127.0.0.1:{(await up.get()).port}"
        body = await asyncio.to_thread(_sent_twice, url, trust)
        for failure, reason in ((TimedOut("late"), "OUTCOME_UNKNOWN"), (Unavailable("away"), "UNAVAILABLE")):
            intake.failure = failure
            async with httpx.AsyncClient(base_url=url) as http:
                answer = await http.post(PATH, content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.json()["error"]["reason"]) == (503, reason)
        program.cancel()
        async with asyncio.timeout(2):
            await asyncio.wait([program])


def _sent_twice(url: str, trust: TestTrust) -> bytes:
    with httpx.Client(base_url=url) as http:
        assert http.get("/").status_code == 200
        assert http.get("/log/keys/checkpoint").status_code == 503, "audit is away, and nothing else suffers"
        client = NativeClient(http, trust.root)
        address = client.address("1201", "00", START)
        sent = build_submission(address, Content("privat", "privat.v2", DOCUMENT), SeededIds())
        assert client.submit(sent) == client.submit(sent)
    return sent.body


async def _program(peer: TestServer, trust: TestTrust, up: "asyncio.Queue[RunningHttp]") -> None:
    url = "http://127.0.0.1:8080"
    away = Peer(address=f"127.0.0.1:{free_port()}", name="service/away")
    config = Config(
        role="portal",
        listen="127.0.0.1:0",
        http_listen="127.0.0.1:0",
        public_url=url,
        portal_url=url,
        sealing_url="http://127.0.0.1:8081",
        root=Path("unused"),
        tls=peer.authority.tls("service/gateway"),
        peers=Peers(intake=peer.peer, routing=away, audit=away),
    )
    telemetry = NoTelemetry()
    opened = partial(serve, config.server, access=ACCESS, service_names=[], telemetry=telemetry)

    @asynccontextmanager
    async def announced(app: ASGIApp) -> AsyncIterator[RunningHttp]:
        async with serve_http(app, config.http_listen) as running:
            up.put_nowait(running)
            yield running

    nobody = TestServer(peer.running, peer.authority, "service/away")
    nobody.peer = away
    async with (
        peer.channel("service/gateway") as submitting,
        peer.channel("service/gateway") as reading,
        nobody.channel("service/gateway") as routing,
        nobody.channel("service/gateway") as audit,
    ):
        await run(
            Deps(
                config=config,
                root=trust.root,
                clock=FakeClock(),
                ids=SeededIds(),
                rng=SeededRng(),
                telemetry=telemetry,
                submitting=submitting,
                intake=reading,
                routing=routing,
                audit=audit,
                serve=lambda register: opened(register=register),
                serve_http=announced,
            )
        )


async def _label(trust: TestTrust, receiver: TestReceiver) -> Label:
    return decode(verify(await receiver.label(trust), Typ.LABEL, trust.root), Label)
