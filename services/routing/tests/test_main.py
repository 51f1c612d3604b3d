"""The whole program between real servers."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from grpc.aio import Channel

from libs.errors import Unavailable
from libs.rpc.channel import connect
from libs.rpc.config import Peer
from libs.rpc.server import serve
from libs.statements import Typ, verify
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.ports import free_port
from libs.testing.rpc import serving
from libs.testing.tls import TestAuthority
from libs.testing.world import SeededRng
from samvern.directory.v1.directory_pb2_grpc import add_DirectoryServiceServicer_to_server
from samvern.keys.v1.keys_pb2_grpc import add_KeysServiceServicer_to_server
from samvern.routing.v1 import routing_pb2 as pb
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub
from samvern.types.v1.types_pb2 import Place
from services.routing.access import ACCESS
from services.routing.config import Config, Peers
from services.routing.main import Deps, run
from services.routing.service import NAME
from services.routing.tests.neighbours import World

DIRECTORY = "samvern.directory.v1.DirectoryService"
KEYS = "samvern.keys.v1.KeysService"
METHODS = {
    DIRECTORY: ("GetSnapshot", "ImportTjenester", "GetPlace"),
    KEYS: ("SignSnapshot", "SignLabels", "SignCheckpoint", "CertifyReceiptKey"),
}
REQUEST = pb.GetLabelRequest(place=Place(kommunenummer="4601", bydelsnummer="00"))


async def test_a_label_is_served_soon_after_the_start_and_still_when_the_neighbours_are_gone(
    world: World, tmp_path: Path
) -> None:
    authority, telemetry = TestAuthority(tmp_path / "tls"), NoTelemetry()
    await world.publish(world.small())

    def neighbour(service: str, name: str, register: Any) -> Any:
        access = {f"/{service}/{method}": ("service/routing",) for method in METHODS[service]}
        return serving(tmp_path, access=access, register=register, services=[service], name=name, authority=authority)

    async with asyncio.timeout(10), AsyncExitStack() as lasting, AsyncExitStack() as neighbours:
        directory = await neighbours.enter_async_context(
            neighbour(DIRECTORY, "service/directory", partial(add_DirectoryServiceServicer_to_server, world.directory))
        )
        keys = await neighbours.enter_async_context(
            neighbour(KEYS, "service/keys", partial(add_KeysServiceServicer_to_server, world.keys))
        )
        config = Config(
            listen=f"127.0.0.1:{free_port()}",
            tls=authority.tls("service/routing"),
            peers=Peers(directory=directory.peer, keys=keys.peer),
            root=tmp_path / "root.json",
            snapshot_interval_seconds=0.1,
        )
        listening = partial(serve, config.server, access=ACCESS, service_names=[NAME], telemetry=telemetry)
        deps = Deps(
            config=config,
            root=world.root,
            clock=world.clock,
            rng=SeededRng(),
            telemetry=telemetry,
            directory=await lasting.enter_async_context(connect(directory.peer, config.tls, telemetry)),
            keys=await lasting.enter_async_context(connect(keys.peer, config.tls, telemetry)),
            serve=lambda register: listening(register=register),
        )
        own = Peer(address=config.listen, name="service/routing")
        gateway = await lasting.enter_async_context(connect(own, authority.tls("service/gateway"), telemetry))
        group = await lasting.enter_async_context(asyncio.TaskGroup())
        program = group.create_task(run(deps))
        label = await _label(gateway)
        assert verify(label, Typ.LABEL, world.root)
        await neighbours.aclose()
        await asyncio.sleep(0.3)
        assert await _label(gateway) == label
        program.cancel()


async def _label(channel: Channel) -> str:
    while True:
        try:
            return (await RoutingServiceStub(channel).GetLabel(REQUEST, timeout=5)).label
        except Unavailable:
            await asyncio.sleep(0.02)
