"""Delivery as a node meets it, in memory, on the generated types: a stub whose calls can be made to fail or to lie."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from grpc.aio import EOF

from libs.errors import NotFound, SamvernError
from libs.statements import verify_proof
from libs.statements.envelope import kid_of
from libs.statements.payloads import Proof, ProofKind
from samvern.delivery.v1 import delivery_pb2 as pb
from samvern.types.v1 import types_pb2
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.tests.factory import Melding

CHUNK_BYTES = 1000


class _Call:
    """An open stream over messages that a function gives, one at a time."""

    def __init__(self, read: Callable[[], Awaitable[Any]]) -> None:
        self._read = read

    async def read(self) -> Any:
        return await self._read()

    def cancel(self) -> bool:
        return True


class DeliveryDouble:
    """Use it where a DeliveryServiceStub is expected."""

    def __init__(self, proof_key: bytes) -> None:
        self._proof_keys = {kid_of(proof_key): proof_key}
        self.meldinger: dict[MeldingNumber, Melding] = {}
        self.withheld: set[MeldingNumber] = set()
        self.sequence_heads: list[str] = []
        self.garbled: dict[MeldingNumber, Callable[[bytes], bytes]] = {}
        self.head_changes: dict[MeldingNumber, dict[str, Any]] = {}
        self.failures: dict[str, list[SamvernError]] = {}
        """By method: errors of the next calls, in order."""
        self.calls: list[str] = []
        self.proofs: dict[tuple[MeldingNumber, ProofKind], list[str]] = {}
        self.news = asyncio.Event()
        self.on_proof: Callable[[], None] = lambda: None

    def add(self, *meldinger: Melding) -> None:
        """Delivery has these from now on."""
        for melding in meldinger:
            self.meldinger[melding.which] = melding
        self.news.set()

    def tell(self, sequence_head: str) -> None:
        """Delivery passes on a sequence head from now on."""
        self.sequence_heads.append(sequence_head)
        self.news.set()

    def proof(self, which: MeldingNumber, kind: ProofKind) -> Proof:
        """The one proof that came, verified."""
        (statement,) = dict.fromkeys(self.proofs[which, kind])
        return verify_proof(statement, self._proof_keys)

    def StreamHeads(self, request: pb.StreamHeadsRequest) -> _Call:
        after = MeldingNumber(request.epoch, request.after_number)
        told: list[Any] = []

        async def read() -> Any:
            self._fail("StreamHeads")
            while True:
                for head in self._heads(after):
                    if head not in told:
                        told.append(head)
                        return pb.StreamHeadsResponse(head=head)
                for statement in self.sequence_heads:
                    if statement not in told:
                        told.append(statement)
                        return pb.StreamHeadsResponse(sequence_head=statement)
                self.news.clear()
                await self.news.wait()

        return _Call(read)

    async def ListHeads(self, request: pb.ListHeadsRequest, *, timeout: float) -> pb.ListHeadsResponse:
        self._fail("ListHeads")
        heads = self._heads(MeldingNumber(request.epoch, request.after_number))
        if not heads:
            await asyncio.sleep(0.005)
        last = self.sequence_heads[-1] if self.sequence_heads else None
        return pb.ListHeadsResponse(heads=heads, sequence_head=last)

    def FetchMelding(self, request: pb.FetchMeldingRequest, *, timeout: float) -> _Call:
        which = MeldingNumber(request.epoch, request.number)
        garble = self.garbled.get(which, bytes)
        chunks = [
            (index, garble(part[start : start + CHUNK_BYTES]))
            for index, part in enumerate(self.meldinger[which].sealed)
            for start in range(0, len(part), CHUNK_BYTES)
        ]

        async def read() -> Any:
            self._fail("FetchMelding")
            if which not in self.meldinger:
                raise NotFound("no such number")
            if not chunks:
                return EOF
            index, data = chunks.pop(0)
            return pb.FetchMeldingResponse(chunk=types_pb2.PartChunk(part_index=index, data=data))

        return _Call(read)

    async def ConfirmStored(self, request: pb.ConfirmStoredRequest, *, timeout: float) -> pb.ConfirmStoredResponse:
        self._fail("ConfirmStored")
        which = MeldingNumber(request.epoch, request.number)
        assert request.digest == self.meldinger[which].digest
        self._take(request.proof)
        self._fail("ConfirmStored after")
        return pb.ConfirmStoredResponse()

    async def RecordProof(self, request: pb.RecordProofRequest, *, timeout: float) -> pb.RecordProofResponse:
        self._fail("RecordProof")
        self._take(request.proof)
        return pb.RecordProofResponse()

    def _take(self, statement: str) -> None:
        self.on_proof()
        proof = verify_proof(statement, self._proof_keys)
        self.proofs.setdefault((MeldingNumber(proof.epoch, proof.number), proof.kind), []).append(statement)

    def _fail(self, method: str) -> None:
        self.calls.append(method)
        if self.failures.get(method):
            raise self.failures[method].pop(0)

    def _heads(self, after: MeldingNumber) -> Sequence[pb.MeldingHead]:
        numbers = [each for each in sorted(self.meldinger) if each > after and each not in self.withheld]
        return [self._head(each) for each in numbers]

    def _head(self, which: MeldingNumber) -> pb.MeldingHead:
        head = self.meldinger[which].head(**self.head_changes.get(which, {}))
        parts = [
            types_pb2.PartDigest(
                purpose=part.purpose, key_id=part.key_id, sha256=part.sha256, size_bytes=part.size_bytes
            )
            for part in head.parts
        ]
        return pb.MeldingHead(
            melding_id=head.melding_id,
            epoch=head.which.epoch,
            number=head.which.number,
            digest=head.digest,
            receipt=head.receipt,
            parts=parts,
            traceparent=head.traceparent,
        )
