"""The gRPC surface of delivery: check, store, answer. The receiver is the caller's certificate name."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from libs.commitments import SALT_BYTES
from libs.errors import DigestMismatch, LeaseLost, NotFound, StatementRefused, Unavailable
from libs.loops.bell import Bell
from libs.rpc.guard import Context
from libs.rpc.identity import caller
from libs.statements.envelope import unb64
from libs.statements.payloads import Proof
from libs.telemetry.telemetry import Telemetry
from libs.values import Digest, TjenesteId
from libs.world import Clock, Ids
from samvern.delivery.v1 import delivery_pb2 as pb
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceServicer
from samvern.types.v1 import types_pb2 as types
from services.delivery import convert
from services.delivery.bells import Bells
from services.delivery.domain import RETRY_AFTER_SECONDS, Head, Number, check_agrees, checked_proof
from services.delivery.store.contract import NodeStore, ProofRow
from services.delivery.trust import Trust

HEARTBEAT_SECONDS = 10.0
LEASE_CHECK_SECONDS = 5.0
MAX_HEADS = 500
HEADS_IN_STREAM = 100
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the service is made of."""

    store: NodeStore
    trust: Trust
    bells: Bells
    proofs: Bell
    """Rung when a proof waits to be forwarded."""
    clock: Clock
    ids: Ids
    telemetry: Telemetry


class DeliveryService(DeliveryServiceServicer):
    """What a delivery node sees of the centre."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._trust = parts.trust
        self._bells = parts.bells
        self._proofs = parts.proofs
        self._clock = parts.clock
        self._ids = parts.ids
        self._telemetry = parts.telemetry
        self._recorded = parts.telemetry.counter(
            "delivery_proofs_total", "Proofs taken from nodes, repeated ones again.", ("kind",)
        )

    async def StreamHeads(self, request: pb.StreamHeadsRequest, context: Context) -> None:  # type: ignore[override]
        """Heads as they come, until the node goes or a newer stream takes the lease."""
        receiver = _receiver(context)
        token = self._ids.uuid4()
        await self._store.take_lease(receiver, token, self._clock.now())
        self._bells.of(receiver).ring()  # an older stream looks at its lease
        stream = _Stream(self._store, self._bells.of(receiver), receiver, token, self._clock, context.write)
        await stream.run(request.epoch, request.after_number)

    async def ListHeads(self, request: pb.ListHeadsRequest, context: Context) -> pb.ListHeadsResponse:
        """A page of heads, once there is one or the wait is over."""
        receiver, wait_seconds = _receiver(context), convert.wait_from(request)
        heard = self._bells.of(receiver).listen()
        heads = await self._store.list_heads(receiver, request.epoch, request.after_number, MAX_HEADS)
        if not heads and wait_seconds:
            await heard.wait(wait_seconds)
            heads = await self._store.list_heads(receiver, request.epoch, request.after_number, MAX_HEADS)
        newest = await self._store.sequence_head(receiver)
        statement = newest.statement if newest is not None else None
        return pb.ListHeadsResponse(heads=[convert.head_to(head) for head in heads], sequence_head=statement)

    async def FetchMelding(self, request: pb.FetchMeldingRequest, context: Context) -> None:  # type: ignore[override]
        """The parts in order, in chunks of at most 256 KiB."""
        head, is_held = await self._find(Number(_receiver(context), request.epoch, request.number))
        if not is_held:
            raise Unavailable("its bytes are not copied here yet", retry_after_seconds=RETRY_AFTER_SECONDS)
        for index, part in enumerate(head.parts):
            for offset in range(0, part.size_bytes, CHUNK_BYTES):
                data = await self._store.read_part(head.melding_id, index, offset, CHUNK_BYTES)
                if data is None:
                    raise NotFound("the melding's bytes are no longer held")
                await context.write(pb.FetchMeldingResponse(chunk=types.PartChunk(part_index=index, data=data)))

    async def ConfirmStored(self, request: pb.ConfirmStoredRequest, context: Context) -> pb.ConfirmStoredResponse:
        """The node's proof that it stored is durable here."""
        receiver = _receiver(context)
        proof = checked_proof(request.proof, receiver, await self._trust.proof_keys())
        if (proof.kind, proof.epoch, proof.number) != ("stored", request.epoch, request.number):
            raise StatementRefused(f"expected a proof of kind stored for number {request.number}")
        if Digest.parse(request.digest).value != unb64(proof.digest):
            raise DigestMismatch("the digest that the node read back is not the one it signed")
        await self._record(proof, request.proof, receiver)
        return pb.ConfirmStoredResponse()

    async def RecordProof(self, request: pb.RecordProofRequest, context: Context) -> pb.RecordProofResponse:
        """A later proof is durable here."""
        receiver = _receiver(context)
        proof = checked_proof(request.proof, receiver, await self._trust.proof_keys())
        if proof.kind == "stored":
            raise StatementRefused("a proof of kind stored comes by ConfirmStored")
        await self._record(proof, request.proof, receiver)
        return pb.RecordProofResponse()

    async def _record(self, proof: Proof, statement: str, receiver: TjenesteId) -> None:
        head, _ = await self._find(Number(receiver, proof.epoch, proof.number))
        check_agrees(proof, head)
        row = ProofRow(head.melding_id, proof.kind, statement)
        about = {"melding_id": str(head.melding_id), "receiver": str(receiver), "kind": proof.kind}
        with self._telemetry.span(f"record_{proof.kind}", parent=head.traceparent) as span:
            span.set(**about)
            await self._store.insert_proof(row, self._ids.token(SALT_BYTES), self._clock.now())
            self._telemetry.log.info("proof_recorded", **about)
        self._recorded.labels(proof.kind).inc()
        self._proofs.ring()

    async def _find(self, at: Number) -> tuple[Head, bool]:
        found = await self._store.find_head(at)
        if found is None:
            raise NotFound(f"this receiver has no number {at.number} in epoch {at.epoch}")
        return found


class _Stream:
    """One node's stream of heads."""

    def __init__(
        self,
        store: NodeStore,
        bell: Bell,
        receiver: TjenesteId,
        token: uuid.UUID,
        clock: Clock,
        write: Callable[[pb.StreamHeadsResponse], Any],
    ) -> None:
        self._store = store
        self._bell = bell
        self._receiver = receiver
        self._token = token
        self._clock = clock
        self._write = write
        self._sequence_position = 0
        self._lease_checked_at = clock.monotonic()

    async def run(self, epoch: int, after_number: int) -> None:
        """Writes until cancelled; raises LeaseLost."""
        is_rung = False
        while True:
            heard = self._bell.listen()
            # After listening, so that no ring falls between this look at the lease and the next.
            await self._check_lease(at_once=is_rung)
            heads = await self._store.list_heads(self._receiver, epoch, after_number, HEADS_IN_STREAM)
            for head in heads:
                await self._write(pb.StreamHeadsResponse(head=convert.head_to(head)))
                epoch, after_number = head.at.epoch, head.at.number
            await self._write_sequence_head()
            is_rung = heard.is_rung if heads else await heard.wait(HEARTBEAT_SECONDS)
            if not heads and not is_rung:
                heartbeat = pb.Heartbeat()
                heartbeat.at.FromDatetime(self._clock.now())
                await self._write(pb.StreamHeadsResponse(heartbeat=heartbeat))

    async def _write_sequence_head(self) -> None:
        newest = await self._store.sequence_head(self._receiver)
        if newest is not None and newest.position > self._sequence_position:
            self._sequence_position = newest.position
            await self._write(pb.StreamHeadsResponse(sequence_head=newest.statement))

    async def _check_lease(self, *, at_once: bool) -> None:
        now = self._clock.monotonic()
        if not at_once and now - self._lease_checked_at < LEASE_CHECK_SECONDS:
            return
        self._lease_checked_at = now
        if not await self._store.holds_lease(self._receiver, self._token):
            raise LeaseLost("a newer stream of this receiver has taken over")


def _receiver(context: Context) -> TjenesteId:
    return TjenesteId.parse(caller(context).name)
