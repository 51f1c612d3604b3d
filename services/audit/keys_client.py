"""The checkpoint signer over gRPC: the service keys."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samvern.keys.v1 import keys_pb2 as pb
from services.audit.domain import LogName, Signing

if TYPE_CHECKING:
    from samvern.keys.v1.keys_pb2_grpc import KeysServiceAsyncStub

SIGN_SECONDS = 5.0


class KeysClient:
    """A CheckpointSigner."""

    def __init__(self, stub: "KeysServiceAsyncStub") -> None:
        self._stub = stub

    async def sign(self, log: LogName, signing: Signing, root: bytes, consistency: Sequence[bytes]) -> str:
        """See CheckpointSigner."""
        request = pb.SignCheckpointRequest(
            log=log, size=signing.size, root=root, consistency=consistency, last_signed_size=signing.from_size
        )
        response = await self._stub.SignCheckpoint(request, timeout=SIGN_SECONDS)
        return response.checkpoint
