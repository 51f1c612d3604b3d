"""The directory and keys that routing's tests stand on, called without a network."""

from typing import Any

from libs.errors import SamvernError
from libs.routing.tests.snapshots import snapshot, tjeneste
from libs.statements import Root
from libs.statements.snapshot import Snapshot, Tjeneste
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.world import FakeClock
from samvern.directory.v1 import directory_pb2 as pb
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceServicer
from samvern.keys.v1 import keys_pb2
from services.keys.fake import FakeKeys
from services.routing.service import RoutingService
from services.routing.shelf import Shelf
from services.routing.worker import Worker


class StubDirectory(DirectoryServiceServicer):
    """Publishes one statement at a time."""

    def __init__(self) -> None:
        self.statement = ""
        self.version = 0
        self.failure: SamvernError | None = None

    async def GetSnapshot(self, request: pb.GetSnapshotRequest, context: Any) -> pb.GetSnapshotResponse:
        if self.failure is not None:
            raise self.failure
        is_newer = self.version > request.known_version
        return pb.GetSnapshotResponse(snapshot=self.statement if is_newer else None)

    async def ImportTjenester(self, request: Any, context: Any) -> pb.ImportTjenesterResponse:
        raise AssertionError("routing imports nothing")

    async def GetPlace(self, request: Any, context: Any) -> pb.GetPlaceResponse:
        raise AssertionError("routing asks for no single place")


class InProcess:
    """A stub that calls a servicer directly."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer
        self.calls: list[str] = []

    def __getattr__(self, method: str) -> Any:
        async def call(request: Any, *, timeout: float) -> Any:
            assert timeout > 0
            self.calls.append(method)
            return await getattr(self._servicer, method)(request, None)

        return call


class World:
    """Routing's worker and service between a directory and keys that the test holds."""

    def __init__(self, keys: FakeKeys, receiver: TestReceiver, clock: FakeClock) -> None:
        self.keys = keys
        self.receiver = receiver
        self.clock = clock
        self.directory = StubDirectory()
        self.to_keys = InProcess(keys)
        self.root: Root = keys.root
        self.shelf = Shelf()
        to_directory: Any = InProcess(self.directory)
        to_keys: Any = self.to_keys
        self.worker = Worker(self.shelf, to_directory, to_keys, keys.root, clock, NoTelemetry())
        self.service = RoutingService(self.shelf, clock)

    @classmethod
    async def new(cls, receiver: TestReceiver) -> "World":
        """A world at rest, in which nothing is published yet."""
        clock = FakeClock()
        return cls(await FakeKeys.new(clock), receiver, clock)

    def tjeneste(self, tjeneste_id: str, *places: tuple[str, str], **fields: Any) -> Tjeneste:
        """A tjeneste with the receiver's real certificate."""
        fields = {"certificate": self.receiver.certificate, "proof_key": self.receiver.proof, **fields}
        return tjeneste(tjeneste_id, *places, **fields)

    def small(self, version: int = 1) -> Snapshot:
        """A snapshot in which Bergen and two bydeler of Oslo are connected."""
        bergen = self.tjeneste("bergen", ("4601", "00"))
        oslo = self.tjeneste("oslo", ("0301", "02"), ("0301", "01"))
        return snapshot(bergen, oslo, version=version)

    async def publish(self, published: Snapshot) -> None:
        """The directory offers the snapshot, signed."""
        request = keys_pb2.SignSnapshotRequest(payload=published.encode())
        self.directory.statement = (await self.keys.SignSnapshot(request, None)).snapshot  # type: ignore[arg-type]
        self.directory.version = published.version

    async def work(self) -> None:
        """Both loops have done what there was to do."""
        await self.worker.pull_snapshot()
        while await self.worker.sign_labels():
            pass
