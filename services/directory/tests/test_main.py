"""The whole program, started twice on one database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from grpc.aio import Server

from libs.config.load import load
from libs.db.database import Database
from libs.errors import Unavailable
from libs.rpc.config import ServerConfig
from libs.rpc.server import Running, serve
from libs.statements import Typ, verify
from libs.statements.payloads import decode
from libs.statements.snapshot import Snapshot
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.rpc import TestServer
from libs.testing.world import SeededRng
from samvern.directory.v1 import directory_pb2 as pb
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceStub
from services.directory.access import ACCESS
from services.directory.config import Config
from services.directory.main import Deps, run
from services.directory.service import NAME
from services.directory.store import Store
from services.directory.tables import Tables
from services.directory.tests.conftest import Neighbours

SECONDS = 5


async def test_the_program_publishes_by_itself_and_goes_on_after_a_restart(
    database: DatabaseFactory, neighbours: Neighbours, tables: Tables
) -> None:
    async with Database.open(database("directory")) as opened:
        for _ in range(2):
            async with asyncio.TaskGroup() as tasks:
                listening: asyncio.Queue[Running] = asyncio.Queue()
                program = tasks.create_task(_program(Store(opened), neighbours, tables, listening))
                server = TestServer(await listening.get(), neighbours.server.authority, "service/directory")
                snapshot = await _first_snapshot(server, neighbours)
                program.cancel()
            assert (snapshot.version, snapshot.kommuner) == (1, tables.kommuner)


async def _first_snapshot(server: TestServer, neighbours: Neighbours) -> Snapshot:
    async with server.channel("service/routing") as channel, asyncio.timeout(SECONDS):
        while True:
            try:
                answer = await DirectoryServiceStub(channel).GetSnapshot(pb.GetSnapshotRequest(), timeout=SECONDS)
            except Unavailable:
                await asyncio.sleep(0.05)
                continue
            return decode(verify(answer.snapshot, Typ.SNAPSHOT, neighbours.keys.root), Snapshot)


async def _program(store: Store, neighbours: Neighbours, tables: Tables, listening: "asyncio.Queue[Running]") -> None:
    telemetry, tls = NoTelemetry(), neighbours.server.authority.tls("service/directory")
    config = ServerConfig(listen="127.0.0.1:0", tls=tls, grace_seconds=0.5)
    opened = partial(serve, config, access=ACCESS, service_names=[NAME], telemetry=telemetry)

    @asynccontextmanager
    async def announced(register: Callable[[Server], None]) -> AsyncIterator[Running]:
        async with opened(register=register) as running:
            listening.put_nowait(running)
            yield running

    async with neighbours.server.channel("service/directory") as channel:
        await run(
            Deps(
                store=store,
                tables=tables,
                root=neighbours.keys.root,
                keys=channel,
                audit=channel,
                clock=neighbours.clock,
                rng=SeededRng(),
                telemetry=telemetry,
                serve=announced,
            )
        )


def test_the_configuration_is_read_from_one_file(tmp_path: Path) -> None:
    path = tmp_path / "directory.toml"
    path.write_text(
        """
listen = "127.0.0.1:5003"
root = "../trust/root.json"
[tls]
certificate = "cert.pem"
key = "key.pem"
ca = "ca.pem"
[telemetry]
log_level = "info"
[db]
host = "127.0.0.1"
port = 5432
database = "directory"
user = "directory"
password_file = "password"
pool_size = 5
[peers.keys]
address = "127.0.0.1:5001"
name = "service/keys"
[peers.audit]
address = "127.0.0.1:5002"
name = "service/audit"
""",
        encoding="utf-8",
    )
    config = load(path, Config)
    assert config.peers.audit.host == "audit.service.samvern.internal"
    assert config.root == tmp_path / "../trust/root.json"
