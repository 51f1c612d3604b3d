"""Each event is committed to the event log once, and bytes are dropped in batches."""

from typing import TYPE_CHECKING, cast

import pytest

from libs.commitments import commitment
from libs.errors import Unavailable
from libs.testing.trust import TestTrust
from libs.testing.world import START, FakeClock
from samvern.audit.v1 import audit_pb2
from services.intake.fake import FakeIntake
from services.intake.tests.conftest import Sender
from services.intake.worker import CommitmentWorker, ErasureWorker

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub


class Audit:
    """Remembers commitments; fails the first calls it is told to, after having kept what they brought."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[bytes] = []
        self._failures = failures

    async def AppendCommitments(
        self, request: audit_pb2.AppendCommitmentsRequest, *, timeout: float
    ) -> audit_pb2.AppendCommitmentsResponse:
        self.seen += [each for each in request.commitments if each not in self.seen]
        if self._failures:
            self._failures -= 1
            raise Unavailable("killed before it could answer")
        return audit_pb2.AppendCommitmentsResponse()


async def test_every_event_is_committed_once_though_an_answer_was_lost(trust: TestTrust, sender: Sender) -> None:
    fake, audit = await FakeIntake.new(trust), Audit(failures=1)
    worker = CommitmentWorker(cast("AuditServiceAsyncStub", audit), fake.store)
    for _ in range(3):
        await fake.one_by_one.submit(sender.admitted(), "")
    await fake.heads.step()
    with pytest.raises(Unavailable):
        await worker.step()
    assert await worker.step() is False
    await fake.one_by_one.submit(sender.admitted(), "")
    await worker.step()
    await worker.step()
    events = await fake.store.list_events(0, 10)
    assert audit.seen == [commitment(event.salt, event.statement) for event in events]
    assert len(audit.seen) == 5


async def test_nothing_is_dropped_that_nobody_else_holds(trust: TestTrust, sender: Sender) -> None:
    fake = await FakeIntake.new(trust)
    admitted = sender.admitted()
    await fake.one_by_one.submit(admitted, "")
    worker = ErasureWorker(fake.store, FakeClock())
    assert await worker.step() is False
    await fake.store.record_copies([admitted.submission.melding_id], START)
    await worker.step()
    assert await fake.store.list_parts(admitted.submission.melding_id, 1)
