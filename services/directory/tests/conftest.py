"""Tjenester with keys of their own, and a directory on real PostgreSQL between a fake keys and a fake audit."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from grpc.aio import Server

from libs.db.database import Database
from libs.rpc.access import Access
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.rpc import TestServer, serving
from libs.testing.world import FakeClock
from libs.values import Place, TjenesteId
from samvern.audit.v1 import audit_pb2
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub, add_AuditServiceServicer_to_server
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceStub, add_DirectoryServiceServicer_to_server
from samvern.keys.v1 import keys_pb2
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub, add_KeysServiceServicer_to_server
from services.audit.fake import FakeAudit
from services.directory.access import ACCESS
from services.directory.certificates import read_certificate
from services.directory.clients import AuditClient, KeysClient
from services.directory.domain import Tjeneste
from services.directory.publisher import Publisher
from services.directory.service import NAME, DirectoryService
from services.directory.store import Store
from services.directory.tables import Tables, read_tables
from services.directory.worker import Worker
from services.keys.fake import FakeKeys

if TYPE_CHECKING:
    from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub

Receivers = Callable[[str], TestReceiver]

_NEIGHBOURS = (
    keys_pb2.DESCRIPTOR.services_by_name["KeysService"],
    audit_pb2.DESCRIPTOR.services_by_name["AuditService"],
)
_NEIGHBOURS_ACCESS: Access = {
    f"/{service.full_name}/{method.name}": ("service/directory",)
    for service in _NEIGHBOURS
    for method in service.methods
}


@pytest.fixture(scope="session")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="session")
def receivers() -> Receivers:
    """A receiver by name, its keys made once in a session."""
    made: dict[str, TestReceiver] = {}

    def receiver(name: str) -> TestReceiver:
        if name not in made:
            made[name] = TestReceiver.new(name)
        return made[name]

    return receiver


def tjeneste_of(receiver: TestReceiver, *places: str, **fields: object) -> Tjeneste:
    """A tjeneste for places like "4601-00"."""
    given: dict[str, object] = {
        "id": TjenesteId(receiver.tjeneste_id),
        "navn": f"{receiver.tjeneste_id} barneverntjeneste",
        "places": tuple(sorted(Place.parse(*place.split("-")) for place in places)),
        "channel": "own_node",
        "certificate": read_certificate(receiver.der),
        "proof_public_key": receiver.proof_key.public_key,
        "telefon": "",
        "is_demo": True,
        "standard_bydel": None,
    }
    return Tjeneste(**(given | fields))  # type: ignore[arg-type]


@pytest.fixture
async def store(database: DatabaseFactory) -> AsyncIterator[Store]:
    async with Database.open(database("directory")) as opened:
        yield Store(opened)


@dataclass
class Neighbours:
    """A keys and an audit that let the directory in, on one server."""

    keys: FakeKeys
    audit: FakeAudit
    clock: FakeClock
    server: TestServer


@pytest.fixture
async def neighbours(tmp_path: Path) -> AsyncIterator[Neighbours]:
    clock = FakeClock()
    keys, audit = await FakeKeys.new(clock), FakeAudit()

    def register(server: Server) -> None:
        add_KeysServiceServicer_to_server(keys, server)
        add_AuditServiceServicer_to_server(audit, server)

    names = [service.full_name for service in _NEIGHBOURS]
    async with serving(tmp_path, access=_NEIGHBOURS_ACCESS, register=register, services=names) as server:
        yield Neighbours(keys, audit, clock, server)


@dataclass
class Running:
    """A directory that takes calls, and what stands around it."""

    service: DirectoryService
    store: Store
    worker: Worker
    clock: FakeClock
    keys: FakeKeys
    audit: FakeAudit
    operator: "DirectoryServiceAsyncStub"
    routing: "DirectoryServiceAsyncStub"


@pytest.fixture
async def directory(store: Store, tables: Tables, neighbours: Neighbours, tmp_path: Path) -> AsyncIterator[Running]:
    """Its tables are loaded and its first snapshot is published."""
    clock, keys, telemetry = neighbours.clock, neighbours.keys, NoTelemetry()
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(neighbours.server.channel("service/directory"))
        publisher = Publisher(store, KeysClient(KeysServiceStub(channel)), keys.root, clock, telemetry)
        service = DirectoryService(store, publisher, AuditClient(AuditServiceStub(channel)), clock)
        worker = Worker(store, publisher, tables, clock, telemetry)
        await worker.step()
        server = await stack.enter_async_context(
            serving(
                tmp_path / "directory",
                access=ACCESS,
                register=lambda server: add_DirectoryServiceServicer_to_server(service, server),
                services=[NAME],
            )
        )
        operator = DirectoryServiceStub(await stack.enter_async_context(server.channel("operator/local")))
        routing = DirectoryServiceStub(await stack.enter_async_context(server.channel("service/routing")))
        yield Running(service, store, worker, clock, keys, neighbours.audit, operator, routing)
