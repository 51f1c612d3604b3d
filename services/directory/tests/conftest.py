"""Tjenester with keys of their own, and a directory on real PostgreSQL between a fake keys and a fake audit."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from libs.db.database import Database
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.rpc import TestServer, serving
from libs.testing.world import FakeClock
from libs.values import Place, TjenesteId
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub, add_AuditServiceServicer_to_server
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceStub, add_DirectoryServiceServicer_to_server
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub, add_KeysServiceServicer_to_server
from services.audit.access import ACCESS as AUDIT_ACCESS
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
from services.keys.access import ACCESS as KEYS_ACCESS
from services.keys.fake import FakeKeys

if TYPE_CHECKING:
    from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub

Receivers = Callable[[str], TestReceiver]


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
class Running:
    """A directory that takes calls, and what stands around it."""

    server: TestServer
    service: DirectoryService
    store: Store
    worker: Worker
    clock: FakeClock
    keys: FakeKeys
    audit: FakeAudit
    operator: "DirectoryServiceAsyncStub"
    routing: "DirectoryServiceAsyncStub"


@pytest.fixture
async def directory(store: Store, tables: Tables, tmp_path: Path) -> AsyncIterator[Running]:
    """Its tables are loaded and its first snapshot is published."""
    clock = FakeClock()
    keys, audit = await FakeKeys.new(clock), FakeAudit()
    async with AsyncExitStack() as stack:
        keys_server = await stack.enter_async_context(
            serving(
                tmp_path / "keys",
                access=KEYS_ACCESS,
                register=lambda server: add_KeysServiceServicer_to_server(keys, server),
                services=["samvern.keys.v1.KeysService"],
                name="service/keys",
            )
        )
        audit_server = await stack.enter_async_context(
            serving(
                tmp_path / "audit",
                access=AUDIT_ACCESS,
                register=lambda server: add_AuditServiceServicer_to_server(audit, server),
                services=["samvern.audit.v1.AuditService"],
                name="service/audit",
            )
        )
        to_keys = await stack.enter_async_context(keys_server.channel("service/directory"))
        to_audit = await stack.enter_async_context(audit_server.channel("service/directory"))
        publisher = Publisher(store, KeysClient(KeysServiceStub(to_keys)), keys.root, clock, NoTelemetry())
        service = DirectoryService(store, publisher, AuditClient(AuditServiceStub(to_audit)), clock)
        worker = Worker(store, publisher, tables, clock, NoTelemetry())
        await worker.step()
        server = await stack.enter_async_context(
            serving(
                tmp_path / "directory",
                access=ACCESS,
                register=lambda server: add_DirectoryServiceServicer_to_server(service, server),
                services=[NAME],
                name="service/directory",
            )
        )
        operator = DirectoryServiceStub(await stack.enter_async_context(server.channel("operator/local")))
        routing = DirectoryServiceStub(await stack.enter_async_context(server.channel("service/routing")))
        yield Running(server, service, store, worker, clock, keys, audit, operator, routing)
