"""A peer that is stopped without a word (SIGSTOP: the kernel still holds its connection) is noticed, on either side."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from libs.errors import Unavailable
from libs.rpc.channel import connect
from libs.rpc.config import Peer, Tls
from libs.rpc.tests.echo import Echo, running
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.programs import environment
from samvern.delivery.v1 import delivery_pb2 as d
from samvern.routing.v1 import routing_pb2 as r
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub

NOTICED_SECONDS = 30

SERVER = """
import asyncio, sys
from pathlib import Path
from libs.rpc.tests.echo import Echo, running

async def main():
    async with running(Path(sys.argv[1]), Echo()) as server:
        server.authority.tls("service/gateway")
        print(server.peer.address, flush=True)
        await asyncio.sleep(120)

asyncio.run(main())
"""
CLIENT = """
import asyncio, sys
from pathlib import Path
from libs.rpc.channel import connect
from libs.rpc.config import Peer, Tls
from libs.rpc.streams import read_within
from libs.telemetry.telemetry import NoTelemetry
from samvern.delivery.v1 import delivery_pb2
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub

async def main():
    folder = Path(sys.argv[1])
    tls = Tls(certificate=folder / "node/bergen/cert.pem", key=folder / "node/bergen/key.pem", ca=folder / "ca.pem")
    async with connect(Peer(address=sys.argv[2], name="service/test"), tls, NoTelemetry()) as channel:
        call = DeliveryServiceStub(channel).StreamHeads(delivery_pb2.StreamHeadsRequest())
        await read_within(call, 10)
        print("reading", flush=True)
        await asyncio.sleep(120)

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def program(text: str, *arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process, and the first line it printed; gone afterwards."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", text, *arguments, env=environment(), stdout=pipe
    )
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


@pytest.mark.full
async def test_a_call_to_a_frozen_server_fails_and_works_again_when_it_thaws(tmp_path: Path) -> None:
    async with program(SERVER, str(tmp_path)) as (process, address):
        folder = tmp_path / "tls" / "service" / "gateway"
        tls = Tls(certificate=folder / "cert.pem", key=folder / "key.pem", ca=tmp_path / "tls" / "ca.pem")
        async with connect(Peer(address=address, name="service/test"), tls, NoTelemetry()) as channel:
            stub = RoutingServiceStub(channel)
            await stub.ResolvePlace(r.ResolvePlaceRequest(), timeout=5)
            process.send_signal(signal.SIGSTOP)
            async with asyncio.timeout(NOTICED_SECONDS):
                with pytest.raises(Unavailable):
                    await stub.ResolvePlace(r.ResolvePlaceRequest(), timeout=120)
            process.send_signal(signal.SIGCONT)
            async with asyncio.timeout(3):
                while not await _answers(stub):
                    await asyncio.sleep(0.05)


@pytest.mark.full
async def test_a_frozen_clients_stream_ends(tmp_path: Path) -> None:
    ended = asyncio.Event()

    class Watched(Echo):
        async def StreamHeads(self, request: d.StreamHeadsRequest, context: Any) -> None:  # type: ignore[override]
            try:
                await context.write(d.StreamHeadsResponse(sequence_head="one"))
                await asyncio.sleep(120)
            finally:
                ended.set()

    async with running(tmp_path, Watched()) as server:
        server.authority.tls("node/bergen")
        async with program(CLIENT, str(tmp_path / "tls"), server.peer.address) as (process, line):
            assert line == "reading"
            process.send_signal(signal.SIGSTOP)
            async with asyncio.timeout(NOTICED_SECONDS):
                await ended.wait()


async def _answers(stub: Any) -> bool:
    try:
        await stub.ResolvePlace(r.ResolvePlaceRequest(), timeout=5)
    except Unavailable:
        return False
    return True
