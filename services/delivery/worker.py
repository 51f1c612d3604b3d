"""The loops of delivery: take what intake accepted, copy its bytes, tell intake of copies and proofs, log commitments.

Each step reads its work from the store and is safe to repeat; what dies between two effects is found again:
heads are registered with the cursor, bytes are copied before intake hears of the copy, proofs are durable before intake
gets them. A melding that cannot be copied, or a proof that intake refuses, is put off and blocks nothing behind it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration

from libs.commitments import SALT_BYTES, commitment
from libs.errors import DigestMismatch, NotFound, SamvernError, StatementRefused
from libs.loops.bell import Bell
from libs.rpc.streams import read_within
from libs.telemetry.telemetry import Telemetry
from libs.values import MAX_BODY_BYTES, MeldingId, TjenesteId
from libs.world import Clock, Ids
from samvern.audit.v1 import audit_pb2
from samvern.intake.v1 import intake_pb2
from services.delivery import convert
from services.delivery.bells import Bells
from services.delivery.domain import Head, check_parts
from services.delivery.store.contract import IntakeStore, ProofRow, Registered, TrustStore

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub
    from samvern.intake.v1.intake_pb2_grpc import IntakeServiceAsyncStub

CALL_SECONDS = 20.0
POLL_SECONDS = 30
MAX_EVENTS = 500
MAX_COPIES = 100
MAX_COPY_BYTES = 8_000_000
"""Sealed bytes of one batch of copies in memory, and one melding more at the most."""
CHUNK_SECONDS = 10.0
RETRY = timedelta(minutes=1)
"""A melding or proof that was refused is tried again after this."""
MAX_RECORDS = 100
MAX_COMMITMENTS = 500


class Registration:
    """Takes intake's events in their order."""

    def __init__(
        self, stub: "IntakeServiceAsyncStub", store: IntakeStore, registered: Bell, *, clock: Clock, ids: Ids
    ) -> None:
        self._stub = stub
        self._store = store
        self._registered = registered
        self._clock = clock
        self._ids = ids

    async def step(self) -> bool:
        """The next page of events is registered; waits at intake while there is none."""
        request = intake_pb2.ListAcceptedRequest(
            after_position=await self._store.cursor(), limit=MAX_EVENTS, wait=Duration(seconds=POLL_SECONDS)
        )
        response = await self._stub.ListAccepted(request, timeout=POLL_SECONDS + CALL_SECONDS)
        if response.events:
            await self._register(response.events)
            self._registered.ring()
        return len(response.events) == MAX_EVENTS

    async def _register(self, events: Sequence[intake_pb2.AcceptedEvent]) -> None:
        heads = [
            Registered(convert.head_from(event), self._ids.token(SALT_BYTES))
            for event in events
            if event.HasField("melding")
        ]
        sequence_heads = [convert.sequence_head_from(event) for event in events if event.HasField("sequence_head")]
        await self._store.register(heads, sequence_heads, events[-1].position, self._clock.now())


class Copying:
    """Copies the sealed bytes of what is registered."""

    def __init__(
        self,
        stub: "IntakeServiceAsyncStub",
        store: IntakeStore,
        bells: Bells,
        copied: Bell,
        *,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._stub = stub
        self._store = store
        self._bells = bells
        self._copied = copied
        self._clock = clock
        self._telemetry = telemetry
        self._copies = telemetry.counter("delivery_copies_total", "Copies of meldinger, by outcome.", ("outcome",))

    async def step(self) -> bool:
        """A batch is copied and offered; one that cannot be copied is put off and offered without its bytes."""
        heads = await self._store.list_to_copy(self._clock.now(), MAX_COPIES)
        batch = _Batch()
        for head in heads:
            try:
                batch.add(head, await self._fetch(head))
            except (NotFound, DigestMismatch) as error:
                await self._put_off(head, error)
                self._bells.of(head.at.receiver).ring()
            except SamvernError:
                await self._keep(batch)
                raise
            if batch.size_bytes > MAX_COPY_BYTES:
                break
        await self._keep(batch)
        return bool(heads)

    async def _keep(self, batch: "_Batch") -> None:
        if batch.copies:
            await self._store.insert_copies(batch.copies, self._clock.now())
            self._copies.labels("copied").inc(len(batch.copies))
            self._copied.ring()
            for receiver in sorted(batch.receivers):
                self._bells.of(receiver).ring()

    async def _fetch(self, head: Head) -> list[bytes]:
        parts = [bytearray() for _ in head.parts]
        with self._telemetry.span("copy", parent=head.traceparent) as span:
            span.set(melding_id=str(head.melding_id), receiver=str(head.at.receiver), number=head.at.number)
            call = self._stub.FetchMelding(intake_pb2.FetchMeldingRequest(melding_id=str(head.melding_id)))
            while (message := await read_within(call, CHUNK_SECONDS)) is not None:
                if message.chunk.part_index >= len(parts) or sum(map(len, parts)) > MAX_BODY_BYTES:
                    call.cancel()
                    raise DigestMismatch("intake sent more than the melding has")
                parts[message.chunk.part_index] += message.chunk.data
        sealed = [bytes(part) for part in parts]
        check_parts(head.parts, sealed)
        return sealed

    async def _put_off(self, head: Head, error: SamvernError) -> None:
        self._copies.labels("put_off").inc()
        await self._store.postpone_copy(head.melding_id, self._clock.now() + RETRY)
        self._telemetry.log.failure("copy_put_off", error, level="error", melding_id=str(head.melding_id))


class _Batch:
    """Sealed bytes fetched and not yet committed."""

    def __init__(self) -> None:
        self.copies: list[tuple[MeldingId, Sequence[bytes]]] = []
        self.receivers: set[TjenesteId] = set()
        self.size_bytes = 0

    def add(self, head: Head, parts: Sequence[bytes]) -> None:
        """One melding more."""
        self.copies.append((head.melding_id, parts))
        self.receivers.add(head.at.receiver)
        self.size_bytes += sum(map(len, parts))


class Reporting:
    """Tells intake which meldinger delivery holds."""

    def __init__(self, stub: "IntakeServiceAsyncStub", store: IntakeStore, clock: Clock) -> None:
        self._stub = stub
        self._store = store
        self._clock = clock

    async def step(self) -> bool:
        """Intake knows of a batch of copies."""
        copies = await self._store.list_to_report(MAX_RECORDS)
        if copies:
            held = [intake_pb2.CopyHeld(melding_id=str(each.melding_id), digest=each.digest.value) for each in copies]
            await self._stub.RecordCopies(intake_pb2.RecordCopiesRequest(copies=held), timeout=CALL_SECONDS)
            await self._store.mark_reported([each.melding_id for each in copies], self._clock.now())
        return len(copies) == MAX_RECORDS


class Forwarding:
    """Gives the nodes' proofs to intake."""

    def __init__(
        self, stub: "IntakeServiceAsyncStub", store: IntakeStore, *, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._stub = stub
        self._store = store
        self._clock = clock
        self._telemetry = telemetry
        self._forwarded = telemetry.counter(
            "delivery_proofs_forwarded_total", "Proofs for intake, by outcome.", ("outcome",)
        )

    async def step(self) -> bool:
        """Intake has a batch of proofs; one that it refuses is put off and delays none behind it."""
        proofs = await self._store.list_to_forward(self._clock.now(), MAX_RECORDS)
        if proofs:
            try:
                await self._forward(proofs)
            except (NotFound, StatementRefused):
                for proof in proofs:
                    await self._forward_alone(proof)
        return len(proofs) == MAX_RECORDS

    async def _forward(self, proofs: Sequence[ProofRow]) -> None:
        request = intake_pb2.RecordProofsRequest(proofs=[proof.statement for proof in proofs])
        await self._stub.RecordProofs(request, timeout=CALL_SECONDS)
        await self._store.mark_forwarded(proofs)
        self._forwarded.labels("forwarded").inc(len(proofs))

    async def _forward_alone(self, proof: ProofRow) -> None:
        try:
            await self._forward([proof])
        except (NotFound, StatementRefused) as error:
            self._forwarded.labels("put_off").inc()
            await self._store.postpone_forward(proof, self._clock.now() + RETRY)
            self._telemetry.log.failure("proof_put_off", error, level="error", melding_id=str(proof.melding_id))


class Commitments:
    """Logs a commitment to each copy and each proof."""

    def __init__(self, stub: "AuditServiceAsyncStub", store: TrustStore, clock: Clock) -> None:
        self._stub = stub
        self._store = store
        self._clock = clock

    async def step(self) -> bool:
        """A batch is in the event log; audit logs a repeated commitment once."""
        rows = await self._store.list_to_audit(MAX_COMMITMENTS)
        if rows:
            commitments = [commitment(row.salt, row.statement) for row in rows]
            request = audit_pb2.AppendCommitmentsRequest(commitments=commitments)
            await self._stub.AppendCommitments(request, timeout=CALL_SECONDS)
            await self._store.mark_audited(rows, self._clock.now())
        return len(rows) == MAX_COMMITMENTS
