"""The centre as the node sees it: delivery, over a stub that main.py connects.

It can withhold, repeat, reorder and garble; it cannot make the node believe a melding that intake did not sign for, or
other bytes than the receipt names. It learns when the node fetched, stored and opened: that is what the proofs say.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration

from libs.rpc.streams import read_within
from samvern.delivery.v1 import delivery_pb2 as pb
from services.delivery_node.convert import Offer, offer_of, offers_of
from services.delivery_node.domain import Arrival, Assembly, MeldingNumber
from services.delivery_node.facts import DueProof

if TYPE_CHECKING:
    from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceAsyncStub

SILENCE_SECONDS = 45.0
"""Without even a heartbeat (every 15 s) the stream is taken for dead."""
POLL_WAIT_SECONDS = 30
CALL_SECONDS = 15.0
FETCH_SECONDS = 90.0
"""For all of 5 MB; a line slower than half a megabit a second cannot serve a mottak."""
CHUNK_SECONDS = 15.0


class HeadStream:
    """An open stream of heads."""

    def __init__(self, read: Callable[[], Awaitable[pb.StreamHeadsResponse | None]]) -> None:
        self._read = read

    async def read(self) -> Offer | None:
        """What comes next; None at its end. Raises TimedOut after SILENCE_SECONDS."""
        message = await self._read()
        return None if message is None else offer_of(message)


class Centre:
    """Calls delivery."""

    def __init__(self, stub: "DeliveryServiceAsyncStub") -> None:
        self._stub = stub

    @contextmanager
    def stream_heads(self, after: MeldingNumber) -> Iterator[HeadStream]:
        """Heads after that number, then new ones as they come; let go of on leaving."""
        call = self._stub.StreamHeads(pb.StreamHeadsRequest(epoch=after.epoch, after_number=after.number))
        try:
            yield HeadStream(lambda: read_within(call, SILENCE_SECONDS))
        finally:
            call.cancel()

    async def list_heads(self, after: MeldingNumber) -> list[Offer]:
        """The next heads after that number, or none after POLL_WAIT_SECONDS."""
        wait = Duration(seconds=POLL_WAIT_SECONDS)
        request = pb.ListHeadsRequest(epoch=after.epoch, after_number=after.number, wait=wait)
        return offers_of(await self._stub.ListHeads(request, timeout=POLL_WAIT_SECONDS + CALL_SECONDS))

    async def fetch(self, arrival: Arrival) -> tuple[bytes, ...]:
        """The sealed parts, each of the digest in the receipt. Raises SealMalformed, DigestMismatch, NotFound."""
        assembly = Assembly(arrival.parts)
        request = pb.FetchMeldingRequest(epoch=arrival.which.epoch, number=arrival.which.number)
        call = self._stub.FetchMelding(request, timeout=FETCH_SECONDS)
        try:
            while (message := await read_within(call, CHUNK_SECONDS)) is not None:
                assembly.add(message.chunk.part_index, message.chunk.data)
        finally:
            call.cancel()
        return assembly.done()

    async def send_proof(self, proof: DueProof) -> None:
        """Delivery has the signed proof durably. Raises NotFound, DigestMismatch, StatementRefused."""
        assert proof.statement is not None, "only signed proofs are due to be sent"
        if proof.kind != "stored":
            await self._stub.RecordProof(pb.RecordProofRequest(proof=proof.statement), timeout=CALL_SECONDS)
            return
        request = pb.ConfirmStoredRequest(
            epoch=proof.arrival.which.epoch,
            number=proof.arrival.which.number,
            digest=proof.arrival.digest.value,
            proof=proof.statement,
        )
        await self._stub.ConfirmStored(request, timeout=CALL_SECONDS)
