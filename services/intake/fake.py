"""Intake for its neighbours' tests: the service itself over memory, with a switch to fail.

It numbers, signs and refuses as the real one does; it commits each melding by itself, so that nothing runs beside it.
"""

from dataclasses import replace
from typing import Self

from libs.errors import KeyConflict, SamvernError
from libs.keystore import MemoryKeystore
from libs.rpc.guard import Context
from libs.statements import Typ, sign
from libs.statements.payloads import Label
from libs.statements.snapshot import Snapshot
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.trust import TestTrust, certify, new_key
from libs.testing.world import FakeClock, SeededIds
from libs.values import Place
from libs.world import Clock
from samvern.intake.v1 import intake_pb2 as pb
from services.intake.accepting import Acceptor
from services.intake.addresses import Directory, Labels
from services.intake.bells import Bells
from services.intake.domain import Admitted
from services.intake.receipt_key import KEY_NAME, ReceiptKey
from services.intake.service import IntakeService
from services.intake.store.contract import StoredLabel
from services.intake.store.memory import MemoryStore, memory_stores
from services.intake.worker import HeadWorker


class FakeIntake(IntakeService):
    """Register it as the servicer. Set `failure` to have every call raise it before anything is done."""

    failure: SamvernError | None = None
    store: MemoryStore
    """What it holds; a second fake may be given the same, as a restarted intake has the same database."""
    key: ReceiptKey
    one_by_one: "OneByOne"
    heads: HeadWorker
    """Its `step` puts a sequence head of each receiver into the outbox, once an hour by the clock."""

    @classmethod
    async def new(cls, trust: TestTrust, clock: Clock | None = None, store: MemoryStore | None = None) -> Self:
        """An intake with a certified receipt key; labels and snapshots are believed if `trust` signed them."""
        clock, store, ids, bells = clock or FakeClock(), store or MemoryStore(), SeededIds(), Bells()
        key = await _certified_key(trust)
        one_by_one = OneByOne(Acceptor(store, key, "one disk", clock, ids, NoTelemetry()), bells)
        directory = Directory(store, trust.root)
        fake = cls(memory_stores(store), one_by_one, Labels(trust.root), directory, bells, clock, NoTelemetry())
        fake.store, fake.key, fake.one_by_one = store, key, one_by_one
        fake.heads = HeadWorker(store, key, 3600.0, clock=clock, ids=ids, appended=bells.accepted)
        return fake

    async def hold(self, trust: TestTrust, snapshot: Snapshot, labels: list[Label]) -> None:
        """It holds this snapshot and these labels, as if it had fetched them."""
        now = FakeClock().now()
        await self.store.keep_snapshot(
            snapshot.version, await sign(trust.snapshot, Typ.SNAPSHOT, snapshot.encode()), now
        )
        held = [
            StoredLabel(
                Place.parse(label.kommune.nummer, label.bydel.nummer),
                await sign(trust.label, Typ.LABEL, label.encode()),
                label.directory_version,
            )
            for label in labels
        ]
        await self.store.keep_labels(held, now)

    async def SubmitMelding(self, request: pb.SubmitMeldingRequest, context: Context) -> pb.SubmitMeldingResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().SubmitMelding(request, context)

    async def GetLabel(self, request: pb.GetLabelRequest, context: Context) -> pb.GetLabelResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().GetLabel(request, context)

    async def GetSnapshot(self, request: pb.GetSnapshotRequest, context: Context) -> pb.GetSnapshotResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().GetSnapshot(request, context)

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().GetStatus(request, context)

    async def ListAccepted(self, request: pb.ListAcceptedRequest, context: Context) -> pb.ListAcceptedResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().ListAccepted(request, context)

    async def FetchMelding(self, request: pb.FetchMeldingRequest, context: Context) -> None:  # type: ignore[override]
        """As the real one."""
        self._fail_if_told()
        await super().FetchMelding(request, context)

    async def RecordCopies(self, request: pb.RecordCopiesRequest, context: Context) -> pb.RecordCopiesResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().RecordCopies(request, context)

    async def RecordProofs(self, request: pb.RecordProofsRequest, context: Context) -> pb.RecordProofsResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().RecordProofs(request, context)

    def _fail_if_told(self) -> None:
        if self.failure is not None:
            raise self.failure


class OneByOne:
    """Commits without a group."""

    def __init__(self, acceptor: Acceptor, bells: Bells) -> None:
        self._acceptor = acceptor
        self._bells = bells

    async def submit(self, admitted: Admitted, traceparent: str) -> str:
        """See Submitting."""
        (answer,) = await self._acceptor.accept([self._acceptor.draw(admitted, traceparent)])
        if isinstance(answer, KeyConflict):
            raise answer
        self._bells.accepted.ring()
        return answer


async def _certified_key(trust: TestTrust) -> ReceiptKey:
    keystore = MemoryKeystore()
    key = ReceiptKey(await keystore.ensure_signing_key(KEY_NAME), keystore, trust.root)
    subject = replace(new_key(), public_key=key.public_key)
    certified = await certify(trust.root_key, subject, "receipt")
    assert certified.certification is not None, "certify gives one"
    key.renew(certified.certification)
    return key
