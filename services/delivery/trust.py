"""The proof keys of the newest snapshot that delivery holds, read into memory once for each version."""

from typing import TYPE_CHECKING

from libs.statements import Root
from libs.verification.proofs import ProofKeys
from libs.verification.statements import verified_snapshot
from samvern.directory.v1 import directory_pb2
from services.delivery.store.contract import TrustStore

if TYPE_CHECKING:
    from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub

CALL_SECONDS = 10.0


class Trust:
    """What delivery believes of nodes, also while the directory is away."""

    def __init__(self, store: TrustStore, root: Root, stub: "DirectoryServiceAsyncStub") -> None:
        self._store = store
        self._root = root
        self._stub = stub
        self._version = 0
        self._keys: ProofKeys | None = None

    async def proof_keys(self) -> ProofKeys | None:
        """The keys; None while no snapshot was ever seen."""
        if self._keys is None:
            await self._load()
        return self._keys

    async def step(self) -> bool:
        """The directory's newest snapshot is held."""
        await self._load()
        request = directory_pb2.GetSnapshotRequest(known_version=self._version)
        response = await self._stub.GetSnapshot(request, timeout=CALL_SECONDS)
        if response.HasField("snapshot"):
            snapshot = verified_snapshot(response.snapshot, self._root)
            await self._store.keep_snapshot(snapshot.version, response.snapshot)
            await self._load()
        return False

    async def _load(self) -> None:
        held = await self._store.snapshot()
        if held is not None and held[0] > self._version:
            self._version, self._keys = held[0], ProofKeys(verified_snapshot(held[1], self._root))
