"""A centre for delivery's tests: servers of intake's and audit's fakes, and a directory with one snapshot."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from google.protobuf.descriptor import ServiceDescriptor

from libs.loops.bell import Bell
from libs.rpc.access import Access
from libs.rpc.guard import Context
from libs.sender.submission import Address, Content, Submission, WireSubmission, build_submission
from libs.statements import Typ, sign
from libs.statements.envelope import b64, unb64
from libs.statements.payloads import Proof, ProofKind, timestamp
from libs.statements.snapshot import Kommune, ServedPlace, Snapshot, Tjeneste
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.rpc import TestServer, serving
from libs.testing.trust import TestTrust
from libs.testing.world import START, FakeClock, SeededIds
from samvern.audit.v1 import audit_pb2
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub, add_AuditServiceServicer_to_server
from samvern.delivery.v1 import delivery_pb2
from samvern.delivery.v1.delivery_pb2_grpc import add_DeliveryServiceServicer_to_server
from samvern.directory.v1 import directory_pb2
from samvern.directory.v1.directory_pb2_grpc import (
    DirectoryServiceServicer,
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from samvern.intake.v1 import intake_pb2
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub, add_IntakeServiceServicer_to_server
from samvern.types.v1 import types_pb2 as types
from services.audit.fake import FakeAudit
from services.delivery.access import ACCESS
from services.delivery.bells import Bells
from services.delivery.service import DeliveryService, Parts
from services.delivery.store.contract import Store
from services.delivery.trust import Trust
from services.delivery.worker import Commitments, Copying, Forwarding, Registration, Reporting
from services.intake.fake import FakeIntake

CALLERS = ("service/delivery", "service/gateway")


def open_to_us(descriptor: ServiceDescriptor) -> Access:
    """A table that lets delivery and the sender of these tests call everything."""
    return {f"/{descriptor.full_name}/{method.name}": CALLERS for method in descriptor.methods}


class OneSnapshot(DirectoryServiceServicer):
    """A directory that has published one snapshot."""

    def __init__(self, snapshot: str) -> None:
        self._snapshot = snapshot

    async def GetSnapshot(
        self, request: directory_pb2.GetSnapshotRequest, context: Context
    ) -> directory_pb2.GetSnapshotResponse:
        """The snapshot, unless it is known."""
        return directory_pb2.GetSnapshotResponse(snapshot=self._snapshot if request.known_version < 1 else None)

    async def ImportTjenester(
        self, request: directory_pb2.ImportTjenesterRequest, context: Context
    ) -> directory_pb2.ImportTjenesterResponse:
        """Delivery never asks for this."""
        raise AssertionError

    async def GetPlace(
        self, request: directory_pb2.GetPlaceRequest, context: Context
    ) -> directory_pb2.GetPlaceResponse:
        """Delivery never asks for this."""
        raise AssertionError


def snapshot_of(receiver: TestReceiver) -> Snapshot:
    """A directory with one tjeneste and nothing else."""
    tjeneste = Tjeneste(
        id=receiver.tjeneste_id,
        navn="Bergen barneverntjeneste",
        channel="own_node",
        custody="node",
        places=(ServedPlace("4601", "00"),),
        certificates=(receiver.certificate,),
        proof_keys=(receiver.proof,),
        telefon="",
        is_demo=True,
        standard_bydel="",
    )
    return Snapshot(
        version=1,
        issued_at=timestamp(START),
        kommuner=(Kommune("4601", "Bergen", "Bergen", ("Bergen",), "46", "Vestland", "www.bergen.kommune.no"),),
        endringer=(),
        postnummer=(),
        bydeler=(),
        tjenester=(tjeneste,),
    )


@dataclass
class Centre:
    """Delivery with its neighbours; its loops are stepped by the test."""

    trust: TestTrust
    receiver: TestReceiver
    intake: FakeIntake
    audit: FakeAudit
    store: Store
    clock: FakeClock
    ids: SeededIds
    server: TestServer
    intake_server: TestServer
    registration: Registration
    copying: Copying
    reporting: Reporting
    forwarding: Forwarding
    commitments: Commitments
    directory: Trust

    async def submit(self) -> Submission:
        """A melding to the receiver, accepted by intake."""
        address = Address.verified(await self.receiver.label(self.trust), self.trust.root, START)
        submission = build_submission(address, Content("privat", "privat.v2", b"{}"), self.ids)
        async with self.intake_server.channel("service/gateway") as channel:
            await IntakeServiceStub(channel).SubmitMelding(grpc_submission(submission), timeout=5)
        return submission

    async def settle(self) -> None:
        """Registration and copying have done what there was to do."""
        await self.registration.step()
        await self.copying.step()

    async def proof(self, head: delivery_pb2.MeldingHead, kind: ProofKind = "stored", **changed: object) -> str:
        """A proof of the receiver's own node about a head."""
        fields: dict[str, object] = {
            "kind": kind,
            "receiver": self.receiver.tjeneste_id,
            "epoch": head.epoch,
            "number": head.number,
            "melding_id": head.melding_id,
            "digest": b64(head.digest),
            "at": timestamp(START),
        }
        proof = Proof(**{**fields, **changed})  # type: ignore[arg-type]
        return await sign(self.receiver.proof_key, Typ.PROOF, proof.encode())


def grpc_submission(submission: Submission) -> intake_pb2.SubmitMeldingRequest:
    """The submission as the gateway passes it on."""
    wire = msgspec.json.decode(submission.body, type=WireSubmission)
    return intake_pb2.SubmitMeldingRequest(
        sender_scope="native",
        idempotency_key=wire.idempotency_key,
        melding_id=wire.melding_id,
        type=types.MELDING_TYPE_PRIVAT,
        suite=wire.suite,
        label=wire.label,
        parts=[
            types.SealedPart(purpose=part.purpose, key_id=part.key_id, sealed=part.sealed.encode())
            for part in wire.parts
        ],
        digest=unb64(wire.digest),
        sealed_at=types.SEALING_PLACE_SENDER,
    )


@asynccontextmanager
async def centre(folder: Path, store: Store, receiver: TestReceiver) -> AsyncIterator[Centre]:
    """Delivery over `store`, its neighbours beside it."""
    trust, clock, ids, telemetry = await TestTrust.new(), FakeClock(), SeededIds(7), NoTelemetry()
    intake, audit = await FakeIntake.new(trust, clock), FakeAudit()
    snapshot = snapshot_of(receiver)
    await intake.hold(trust, snapshot, [])
    published = OneSnapshot(await sign(trust.snapshot, Typ.SNAPSHOT, snapshot.encode()))
    async with AsyncExitStack() as stack:
        intake_server = await stack.enter_async_context(
            serving(
                folder,
                access=open_to_us(intake_pb2.DESCRIPTOR.services_by_name["IntakeService"]),
                register=lambda server: add_IntakeServiceServicer_to_server(intake, server),
                services=["samvern.intake.v1.IntakeService"],
                name="service/intake",
            )
        )
        authority = intake_server.authority
        audit_server = await stack.enter_async_context(
            serving(
                folder,
                access=open_to_us(audit_pb2.DESCRIPTOR.services_by_name["AuditService"]),
                register=lambda server: add_AuditServiceServicer_to_server(audit, server),
                services=["samvern.audit.v1.AuditService"],
                name="service/audit",
                authority=authority,
            )
        )
        directory_server = await stack.enter_async_context(
            serving(
                folder,
                access=open_to_us(directory_pb2.DESCRIPTOR.services_by_name["DirectoryService"]),
                register=lambda server: add_DirectoryServiceServicer_to_server(published, server),
                services=["samvern.directory.v1.DirectoryService"],
                name="service/directory",
                authority=authority,
            )
        )
        channels = [
            await stack.enter_async_context(server.channel("service/delivery"))
            for server in (intake_server, audit_server, directory_server)
        ]
        intake_stub, audit_stub = IntakeServiceStub(channels[0]), AuditServiceStub(channels[1])
        directory = Trust(store, trust.root, DirectoryServiceStub(channels[2]))
        bells, proofs = Bells(), Bell()
        parts = Parts(
            store=store, trust=directory, bells=bells, proofs=proofs, clock=clock, ids=ids, telemetry=telemetry
        )
        service = DeliveryService(parts)
        server = await stack.enter_async_context(
            serving(
                folder,
                access=ACCESS,
                register=lambda server: add_DeliveryServiceServicer_to_server(service, server),
                services=["samvern.delivery.v1.DeliveryService"],
                name="service/delivery",
                authority=authority,
            )
        )
        yield Centre(
            trust=trust,
            receiver=receiver,
            intake=intake,
            audit=audit,
            store=store,
            clock=clock,
            ids=ids,
            server=server,
            intake_server=intake_server,
            registration=Registration(intake_stub, store, Bell(), clock=clock, ids=ids),
            copying=Copying(intake_stub, store, bells, Bell(), clock=clock, telemetry=telemetry),
            reporting=Reporting(intake_stub, store, clock),
            forwarding=Forwarding(intake_stub, store, clock=clock, telemetry=telemetry),
            commitments=Commitments(audit_stub, store, clock),
            directory=directory,
        )
