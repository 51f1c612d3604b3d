"""What intake does besides accepting: signs sequence heads, logs commitments, and drops bytes that others hold."""

from datetime import timedelta
from typing import TYPE_CHECKING

from libs.commitments import SALT_BYTES, commitment
from libs.loops.bell import Bell
from libs.statements import Typ, sign
from libs.statements.payloads import SequenceHead, timestamp
from libs.world import Clock, Ids
from samvern.audit.v1 import audit_pb2
from services.intake.receipt_key import ReceiptKey
from services.intake.store.contract import AcceptStore, DueHead, OutboxStore, ProgressStore

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub

CALL_SECONDS = 10.0
BATCH = 500
MAX_HEADS = 100
"""Sequence heads in one transaction, during which nobody is numbered: some 10 ms."""
COMMITMENTS = "commitments"


class HeadWorker:
    """Signs each receiver's last number, in silent hours too (P6)."""

    def __init__(
        self, store: AcceptStore, key: ReceiptKey, interval_seconds: float, *, clock: Clock, ids: Ids, appended: Bell
    ) -> None:
        self._store = store
        self._key = key
        self._interval = timedelta(seconds=interval_seconds)
        self._clock = clock
        self._ids = ids
        self._appended = appended

    async def step(self) -> bool:
        """The receivers whose head was due longest have one of now."""
        at = self._clock.now().replace(microsecond=0)
        key = self._key.signing()

        async def make(due: DueHead) -> tuple[str, bytes]:
            counter = due.counter
            head = SequenceHead(
                receiver=str(due.receiver), epoch=counter.epoch, last_number=counter.last_number, at=timestamp(at)
            )
            return await sign(key, Typ.SEQUENCE_HEAD, head.encode()), self._ids.token(SALT_BYTES)

        made = await self._store.append_heads(at - self._interval, MAX_HEADS, at, make)
        if made:
            self._appended.ring()
        return made == MAX_HEADS


class CommitmentWorker:
    """Logs a commitment to each event of the outbox; never on the way of a receipt."""

    def __init__(self, stub: "AuditServiceAsyncStub", store: OutboxStore) -> None:
        self._stub = stub
        self._store = store

    async def step(self) -> bool:
        """The next batch of events is in the event log; audit logs a repeated commitment once."""
        events = await self._store.list_events(await self._store.cursor(COMMITMENTS), BATCH)
        if events:
            commitments = [commitment(event.salt, event.statement) for event in events]
            request = audit_pb2.AppendCommitmentsRequest(commitments=commitments)
            await self._stub.AppendCommitments(request, timeout=CALL_SECONDS)
            await self._store.move_cursor(COMMITMENTS, events[-1].position)
        return len(events) == BATCH


class ErasureWorker:
    """Drops the bytes of meldinger that delivery holds and whose node has proven that it stored them (P5)."""

    def __init__(self, store: ProgressStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def step(self) -> bool:
        """A batch of them is dropped here."""
        return await self._store.erase_bytes(BATCH, self._clock.now()) == BATCH
