"""The directory for its neighbours' tests: it serves the snapshots it is given, with a switch to fail."""

from typing import Any, Never

from grpc.aio import ServicerContext

from libs.errors import SamvernError, Unavailable
from libs.statements import peek
from libs.statements.payloads import decode
from libs.statements.snapshot import Snapshot
from samvern.directory.v1 import directory_pb2 as pb
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceServicer


class FakeDirectory(DirectoryServiceServicer):
    """Register it as the servicer. While `fail_with` is set every call raises it. Only GetSnapshot is answered."""

    def __init__(self) -> None:
        self.fail_with: SamvernError | None = None
        self._statement = ""
        self._version = 0

    def publish(self, statement: str) -> None:
        """This signed snapshot is the newest."""
        self._statement = statement
        self._version = decode(peek(statement), Snapshot).version

    async def GetSnapshot(
        self, request: pb.GetSnapshotRequest, context: ServicerContext[Any, Any]
    ) -> pb.GetSnapshotResponse:
        """As the real one."""
        if self.fail_with is not None:
            raise self.fail_with
        if self._version == 0:
            raise Unavailable("no snapshot is signed yet", retry_after_seconds=1)
        if request.known_version >= self._version:
            return pb.GetSnapshotResponse()
        return pb.GetSnapshotResponse(snapshot=self._statement)

    async def ImportTjenester(self, request: pb.ImportTjenesterRequest, context: ServicerContext[Any, Any]) -> Never:
        """No neighbour calls it."""
        raise AssertionError("only an operator imports tjenester")

    async def GetPlace(self, request: pb.GetPlaceRequest, context: ServicerContext[Any, Any]) -> Never:
        """No neighbour calls it."""
        raise AssertionError("only an operator asks for places")
