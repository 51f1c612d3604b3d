"""The gRPC surface of intake: guard, decide, store, answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from libs.errors import Malformed, NotConnected, NotFound, SamvernError, StatementRefused, Unavailable
from libs.rpc.guard import Context
from libs.statements.payloads import Proof
from libs.telemetry.telemetry import Telemetry
from libs.values import MeldingId
from libs.verification.proofs import ProofKeys
from libs.world import Clock
from samvern.intake.v1 import intake_pb2 as pb
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceServicer
from samvern.types.v1 import types_pb2 as types
from services.intake import convert
from services.intake.addresses import Directory, Labels
from services.intake.bells import Bells
from services.intake.domain import Admitted, admit
from services.intake.progress import check_copies, copies_of, entry_for, recorded
from services.intake.store.contract import Event, Stores, VerifiedProof

NAME = pb.DESCRIPTOR.services_by_name["IntakeService"].full_name
CHUNK_BYTES = 256 * 1024
POLL_FALLBACK_SECONDS = 30.0
"""A long poll looks into the store this often, in case another replica of intake accepted."""


class Submitting(Protocol):
    """Whoever makes an admitted melding durable."""

    async def submit(self, admitted: Admitted, traceparent: str) -> str:
        """The receipt. Raises KeyConflict, Overloaded, Unavailable, OutcomeUnknown."""
        ...


class IntakeService(IntakeServiceServicer):
    """See the proto for what each call promises."""

    def __init__(
        self,
        stores: Stores,
        committer: Submitting,
        labels: Labels,
        directory: Directory,
        bells: Bells,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._stores = stores
        self._committer = committer
        self._labels = labels
        self._directory = directory
        self._bells = bells
        self._clock = clock
        self._telemetry = telemetry

    async def SubmitMelding(self, request: pb.SubmitMeldingRequest, context: Context) -> pb.SubmitMeldingResponse:
        """Admits, then waits until the group with this melding is durable."""
        submission = convert.submission_from(request)
        admitted = admit(submission, self._labels.verified(submission.label), self._clock.now())
        about = {"melding_id": str(submission.melding_id), "receiver": str(admitted.receiver)}
        self._telemetry.tag(**about)
        receipt = await self._committer.submit(admitted, self._telemetry.current_traceparent())
        self._telemetry.log.info("receipt_given", **about)
        return pb.SubmitMeldingResponse(receipt=receipt)

    async def GetLabel(self, request: pb.GetLabelRequest, context: Context) -> pb.GetLabelResponse:
        """From the store alone; a place not served here makes the loops look for news."""
        try:
            return pb.GetLabelResponse(label=await self._directory.label(convert.place_from(request.place)))
        except (NotFound, NotConnected, Unavailable):
            self._bells.addresses.ring()
            raise

    async def GetSnapshot(self, request: pb.GetSnapshotRequest, context: Context) -> pb.GetSnapshotResponse:
        """From the store alone."""
        version = await self._stores.addresses.snapshot_version()
        if version == 0:
            self._bells.addresses.ring()
            raise Unavailable("intake holds no snapshot of the directory yet", retry_after_seconds=2)
        if version <= request.known_version:
            return pb.GetSnapshotResponse()
        return pb.GetSnapshotResponse(snapshot=await self._stores.addresses.snapshot())

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:
        """The same two look-ups whether the secret is known or not."""
        lookup_id, access_token = convert.secret_from(request)
        entries = await self._stores.progress.find_status(lookup_id)
        proofs = await self._stores.progress.list_proofs(entries[0].melding_id if entries else _NOBODYS_MELDING)
        entry = entry_for(access_token, entries)
        if entry is not entries[0]:
            proofs = await self._stores.progress.list_proofs(entry.melding_id)
        steps = [convert.step_to("accepted", _timestamp(entry.received_at), None)]
        steps += [convert.step_to(each.kind, _timestamp(each.proven_at), each.proof) for each in proofs]
        return pb.GetStatusResponse(receipt=entry.receipt, copies=copies_of(entry), steps=steps)

    async def ListAccepted(self, request: pb.ListAcceptedRequest, context: Context) -> pb.ListAcceptedResponse:
        """A page, or after the wait an empty one."""
        limit, wait_seconds = convert.page_from(request)
        events = await self._page(request.after_position, limit, wait_seconds)
        return pb.ListAcceptedResponse(events=[convert.event_to(event) for event in events])

    async def _page(self, after_position: int, limit: int, wait_seconds: float) -> Sequence[Event]:
        until = self._clock.monotonic() + wait_seconds
        while True:
            heard = self._bells.accepted.listen()
            events = await self._stores.outbox.list_events(after_position, limit)
            left = until - self._clock.monotonic()
            if events or left <= 0:
                return events
            await heard.wait(min(left, POLL_FALLBACK_SECONDS))

    async def FetchMelding(self, request: pb.FetchMeldingRequest, context: Context) -> None:  # type: ignore[override]
        """Stretch by stretch, so that a large melding takes little memory; a small one takes one look only."""
        melding_id = MeldingId.parse(request.melding_id)
        parts = await self._stores.outbox.list_parts(melding_id, CHUNK_BYTES)
        if not parts:
            raise NotFound(f"no bytes of melding {melding_id} are held here")
        for index, held in enumerate(parts):
            await context.write(_chunk(index, held.first))
            for offset in range(CHUNK_BYTES, held.part.size_bytes, CHUNK_BYTES):
                data = await self._stores.outbox.read_part(melding_id, index, offset, CHUNK_BYTES)
                if data is None:
                    raise NotFound(f"the bytes of melding {melding_id} were dropped while they were read")
                await context.write(_chunk(index, data))

    async def RecordCopies(self, request: pb.RecordCopiesRequest, context: Context) -> pb.RecordCopiesResponse:
        """All of them, or the first that is wrong is named and none recorded."""
        copies = convert.copies_from(request)
        check_copies(copies, await self._stores.progress.find_meldinger(list(copies)))
        await self._stores.progress.record_copies(list(copies), self._clock.now())
        self._bells.progressed.ring()
        return pb.RecordCopiesResponse()

    async def RecordProofs(self, request: pb.RecordProofsRequest, context: Context) -> pb.RecordProofsResponse:
        """Every proof that is true is recorded; then the first that is not, or not yet, is named."""
        convert.check_batch(len(request.proofs))
        proofs, failures = _sifted(request.proofs, await self._directory.proof_keys())
        accepted = await self._stores.progress.find_meldinger([MeldingId(each.melding_id) for each in proofs.values()])
        verified: list[VerifiedProof] = []
        for statement, proof in proofs.items():
            try:
                verified.append(recorded(statement, proof, accepted))
            except (Malformed, NotFound, StatementRefused) as error:
                failures.append(error)
        await self._stores.progress.record_proofs(verified, self._clock.now())
        self._bells.progressed.ring()
        if failures:
            self._bells.addresses.ring()
            raise failures[0]
        return pb.RecordProofsResponse()


def _chunk(part_index: int, data: bytes) -> pb.FetchMeldingResponse:
    return pb.FetchMeldingResponse(chunk=types.PartChunk(part_index=part_index, data=data))


def _sifted(statements: Sequence[str], keys: ProofKeys) -> tuple[dict[str, Proof], list[SamvernError]]:
    proofs: dict[str, Proof] = {}
    failures: list[SamvernError] = []
    for statement in statements:
        try:
            proof = keys.verified(statement)
            MeldingId.parse(proof.melding_id)
            proofs[statement] = proof
        except (Malformed, StatementRefused, Unavailable) as error:
            failures.append(error)
    return proofs, failures


def _timestamp(at: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp


_NOBODYS_MELDING = MeldingId("00000000-0000-4000-8000-000000000000")
