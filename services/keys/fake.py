"""Keys for its neighbours' tests: the service itself over keys in memory, with a switch to fail.

Its signatures are real, so what it signs verifies from `root`; what it refuses, the real one refuses.
"""

from typing import Self

from libs.errors import SamvernError
from libs.keystore import MemoryKeystore
from libs.statements import Root
from libs.telemetry.telemetry import NoTelemetry
from libs.tlog.note import VerifierKey
from libs.world import Clock
from samvern.keys.v1 import keys_pb2 as pb
from services.keys.domain import Tree
from services.keys.keyring import open_keyring, provision
from services.keys.service import Context, KeysService
from services.keys.store import NOTHING_SIGNED, Step

ORIGINS = {"keys": "samvern.example/log/keys", "events": "samvern.example/log/events"}


class SignedTreesInMemory:
    """SignedTrees that forgets with the process."""

    def __init__(self) -> None:
        self._last: dict[str, Tree] = {}

    async def advance(self, log: str, step: Step) -> Tree:
        """As in SignedTrees."""
        self._last[log] = step(self._last.get(log, NOTHING_SIGNED))
        return self._last[log]


class FakeKeys(KeysService):
    """Register it as the servicer. Set `failure` to have every call raise it before anything is done."""

    failure: SamvernError | None = None
    root: Root
    verifier_keys: dict[str, VerifierKey]

    @classmethod
    async def new(cls, clock: Clock) -> Self:
        """A service with keys of its own."""
        keystore = MemoryKeystore()
        root, certifications = await provision(keystore, clock.now(), None)
        keyring = await open_keyring(keystore, certifications, ORIGINS, clock.now())
        fake = cls(keyring, SignedTreesInMemory(), clock, NoTelemetry())
        fake.root = root
        fake.verifier_keys = {log: key.verifier for log, key in keyring.logs.items()}
        return fake

    async def SignSnapshot(self, request: pb.SignSnapshotRequest, context: Context) -> pb.SignSnapshotResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().SignSnapshot(request, context)

    async def SignLabels(self, request: pb.SignLabelsRequest, context: Context) -> pb.SignLabelsResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().SignLabels(request, context)

    async def SignCheckpoint(self, request: pb.SignCheckpointRequest, context: Context) -> pb.SignCheckpointResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().SignCheckpoint(request, context)

    async def CertifyReceiptKey(
        self, request: pb.CertifyReceiptKeyRequest, context: Context
    ) -> pb.CertifyReceiptKeyResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().CertifyReceiptKey(request, context)

    def _fail_if_told(self) -> None:
        if self.failure is not None:
            raise self.failure
