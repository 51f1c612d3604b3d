"""Audit for its neighbours' tests: the real service over memory and a signer of its own, with hooks to fail."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.errors import Precondition, SamvernError
from libs.loops.bell import Bell
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.world import FakeClock, SeededIds
from libs.tlog.checkpoint import Checkpoint, signed_note
from libs.tlog.hashes import EMPTY_ROOT
from libs.tlog.note import VerifierKey
from libs.tlog.proofs import verify_consistency
from samvern.audit.v1 import audit_pb2 as pb
from services.audit.domain import LOGS, LogName, Signing
from services.audit.memory import MemoryStore
from services.audit.publisher import Publisher
from services.audit.service import AuditService, Context
from services.audit.worker import Worker


class LocalSigner:
    """Signs checkpoints as keys does: only what extends the last one, and the last one again."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        public = self._private.public_key().public_bytes_raw()
        self.keys = {log: VerifierKey(f"samvern.test/log/{log}", public) for log in LOGS}
        self._signed: dict[LogName, tuple[int, bytes]] = dict.fromkeys(LOGS, (0, EMPTY_ROOT))

    async def sign(self, log: LogName, signing: Signing, root: bytes, consistency: Sequence[bytes]) -> str:
        """See CheckpointSigner."""
        if (signing.size, root) != self._signed[log]:
            size, signed_root = self._signed[log]
            if signing.from_size != size:
                raise Precondition(f"the last size signed is {size}, not {signing.from_size}")
            verify_consistency(size, signed_root, signing.size, root, consistency)
            self._signed[log] = (signing.size, root)
        checkpoint = Checkpoint(self.keys[log].name, signing.size, root)
        return signed_note(checkpoint, self.keys[log], self._private.sign(checkpoint.text.encode()))


class FakeAudit(AuditService):
    """Register it at a test's server like the real one. `fail_with` is raised by every call while it is set;
    `commitments` are all that were ever accepted; `run_worker_once` puts them into the log."""

    def __init__(self) -> None:
        signer, store, telemetry, clock = LocalSigner(), MemoryStore(), NoTelemetry(), FakeClock()
        publisher = Publisher(store, signer, signer.keys, telemetry)
        super().__init__(store, publisher, Bell(), clock)
        self._worker = Worker(
            store,
            publisher,
            batch_interval_seconds=2.0,
            batch_size=16,
            clock=clock,
            ids=SeededIds(),
            telemetry=telemetry,
        )
        self.keys = signer.keys
        self.fail_with: SamvernError | None = None
        self.commitments: list[bytes] = []

    async def run_worker_once(self) -> None:
        """What waited is logged, and both logs have a checkpoint."""
        await self._worker.run_once()

    async def AppendKeyEntry(self, request: pb.AppendKeyEntryRequest, context: Context) -> pb.AppendKeyEntryResponse:
        """See AuditService."""
        self._check()
        return await super().AppendKeyEntry(request, context)

    async def AppendCommitments(
        self, request: pb.AppendCommitmentsRequest, context: Context
    ) -> pb.AppendCommitmentsResponse:
        """See AuditService."""
        self._check()
        response = await super().AppendCommitments(request, context)
        self.commitments += [each for each in request.commitments if each not in self.commitments]
        return response

    async def GetLogFile(self, request: pb.GetLogFileRequest, context: Context) -> pb.GetLogFileResponse:
        """See AuditService."""
        self._check()
        return await super().GetLogFile(request, context)

    async def ProveInclusion(self, request: pb.ProveInclusionRequest, context: Context) -> pb.ProveInclusionResponse:
        """See AuditService."""
        self._check()
        return await super().ProveInclusion(request, context)

    async def ProveConsistency(
        self, request: pb.ProveConsistencyRequest, context: Context
    ) -> pb.ProveConsistencyResponse:
        """See AuditService."""
        self._check()
        return await super().ProveConsistency(request, context)

    def _check(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with
