"""What the directory asks of its neighbours, in its own words."""

from typing import TYPE_CHECKING

from samvern.audit.v1 import audit_pb2
from samvern.keys.v1 import keys_pb2
from services.directory.domain import Tjeneste

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub
    from samvern.keys.v1.keys_pb2_grpc import KeysServiceAsyncStub

SIGN_SECONDS = 10.0
LOG_SECONDS = 10.0


class KeysClient:
    """Keys, as far as the directory is concerned."""

    def __init__(self, stub: "KeysServiceAsyncStub") -> None:
        self._stub = stub

    async def sign_snapshot(self, payload: bytes) -> str:
        """What keys says is the signed snapshot; not verified here. The same payload gives the same."""
        answer = await self._stub.SignSnapshot(keys_pb2.SignSnapshotRequest(payload=payload), timeout=SIGN_SECONDS)
        return answer.snapshot


class AuditClient:
    """Audit, as far as the directory is concerned."""

    def __init__(self, stub: "AuditServiceAsyncStub") -> None:
        self._stub = stub

    async def append_key_entry(self, tjeneste: Tjeneste) -> int:
        """The index of the tjeneste's certificate in the key log, where it stands. The same one keeps its index."""
        request = audit_pb2.AppendKeyEntryRequest(
            tjeneste_id=str(tjeneste.id), certificate=tjeneste.certificate.der, purpose="case", status="valid"
        )
        answer = await self._stub.AppendKeyEntry(request, timeout=LOG_SECONDS)
        return answer.index
