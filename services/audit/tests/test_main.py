"""The whole program with the real keys service beside it, both over mutual TLS, from commitment to proof."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grpc.aio import Server

from libs.db.config import DbConfig
from libs.errors import NotFound
from libs.rpc.server import Running, serve
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.rpc import TestServer, serving
from libs.testing.world import FakeClock, SeededIds, SeededRng
from libs.tlog.checkpoint import open_checkpoint
from libs.tlog.hashes import leaf_hash
from libs.tlog.proofs import verify_inclusion
from samvern.audit.v1 import audit_pb2 as pb
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub
from samvern.keys.v1.keys_pb2_grpc import add_KeysServiceServicer_to_server
from services.audit.access import ACCESS
from services.audit.config import Config, Logs, Peers
from services.audit.main import SERVICE_NAMES, Deps, run
from services.audit.memory import MemoryStore
from services.keys.fake import FakeKeys

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub

COMMITMENT = b"commitment".ljust(32)
KEYS = "/samvern.keys.v1.KeysService"
KEYS_ACCESS = {f"{KEYS}/{name}": ("service/audit",)
               for name in ("SignSnapshot", "SignLabels", "SignCheckpoint", "CertifyReceiptKey")}  # fmt: skip


async def test_a_commitment_is_proven_by_the_running_program_also_after_a_restart(tmp_path: Path) -> None:
    keys, store = await FakeKeys.new(FakeClock()), MemoryStore()

    def register(server: Server) -> None:
        add_KeysServiceServicer_to_server(keys, server)

    async with serving(tmp_path, access=KEYS_ACCESS, register=register, services=[]) as peer:
        for _ in range(2):
            async with asyncio.TaskGroup() as tasks:
                listening: asyncio.Queue[Running] = asyncio.Queue()
                program = tasks.create_task(_program(peer, keys, store, listening))
                audit = TestServer(await listening.get(), peer.authority, "service/audit")
                await _prove(audit, keys)
                program.cancel()
    assert (await store.load_state("events")).size == 16


async def _program(peer: TestServer, keys: FakeKeys, store: MemoryStore, listening: "asyncio.Queue[Running]") -> None:
    config = Config(
        listen="127.0.0.1:0",
        tls=peer.authority.tls("service/audit"),
        db=DbConfig("127.0.0.1", 1, "audit", "audit", Path("unused")),
        peers=Peers(peer.peer),
        logs=Logs(*(str(keys.verifier_keys[log]) for log in ("keys", "events"))),
        batch_interval_seconds=0.02,
    )
    telemetry = NoTelemetry()
    opened = partial(serve, config.server, access=ACCESS, service_names=SERVICE_NAMES, telemetry=telemetry)

    @asynccontextmanager
    async def announced(register: Callable[[Server], None]) -> AsyncIterator[Running]:
        async with opened(register=register) as running:
            listening.put_nowait(running)
            yield running

    async with peer.channel("service/audit") as channel:
        deps = Deps(
            config=config,
            clock=FakeClock(),
            ids=SeededIds(),
            rng=SeededRng(),
            telemetry=telemetry,
            store=store,
            keys=channel,
            serve=announced,
        )
        await run(deps)


async def _prove(audit: TestServer, keys: FakeKeys) -> None:
    async with audit.channel("service/intake") as channel:
        stub = AuditServiceStub(channel)
        await stub.AppendCommitments(pb.AppendCommitmentsRequest(commitments=[COMMITMENT]), timeout=5)
        request = pb.ProveInclusionRequest(log="events", leaf_hash=leaf_hash(COMMITMENT))
        async with asyncio.timeout(5):
            proof = await _until_found(stub, request)
    head = open_checkpoint(proof.checkpoint, keys.verifier_keys["events"])
    verify_inclusion(leaf_hash(COMMITMENT), proof.index, head.size, proof.path, head.root)


async def _until_found(stub: "AuditServiceAsyncStub", request: pb.ProveInclusionRequest) -> pb.ProveInclusionResponse:
    while True:
        try:
            return await stub.ProveInclusion(request, timeout=5)
        except NotFound:
            await asyncio.sleep(0.01)
