"""The gRPC surface of keys: check, then sign."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from grpc.aio import ServicerContext

from libs.errors import Malformed
from libs.statements import Typ, sign
from libs.statements.payloads import moment
from libs.telemetry.telemetry import Telemetry
from libs.tlog.checkpoint import Checkpoint, signed_note
from libs.world import Clock
from samvern.keys.v1 import keys_pb2 as pb
from samvern.keys.v1.keys_pb2_grpc import KeysServiceServicer
from services.keys import convert
from services.keys.domain import check_label, check_snapshot, next_tree, receipt_certification
from services.keys.keyring import Keyring, LogKey
from services.keys.store import SignedTrees

NAME = "samvern.keys.v1.KeysService"

Context = ServicerContext[Any, Any]


class KeysService(KeysServiceServicer):
    """Signs what it has read and found whole, with the key that is for it."""

    def __init__(self, keyring: Keyring, trees: SignedTrees, clock: Clock, telemetry: Telemetry) -> None:
        self._keyring = keyring
        self._trees = trees
        self._clock = clock
        self._signed = telemetry.counter("signatures_total", "Signatures made.", ["kind"])

    async def SignSnapshot(self, request: pb.SignSnapshotRequest, context: Context) -> pb.SignSnapshotResponse:
        """See the .proto."""
        payload = convert.snapshot_payload(request)
        check_snapshot(payload)
        snapshot = await sign(self._keyring.snapshot, Typ.SNAPSHOT, payload)
        self._signed.labels("snapshot").inc()
        return pb.SignSnapshotResponse(snapshot=snapshot)

    async def SignLabels(self, request: pb.SignLabelsRequest, context: Context) -> pb.SignLabelsResponse:
        """See the .proto."""
        payloads = convert.label_payloads(request)
        for payload in payloads:
            check_label(payload)
        labels = [await sign(self._keyring.label, Typ.LABEL, payload) for payload in payloads]
        self._signed.labels("label").inc(len(labels))
        return pb.SignLabelsResponse(labels=labels)

    async def SignCheckpoint(self, request: pb.SignCheckpointRequest, context: Context) -> pb.SignCheckpointResponse:
        """See the .proto. The tree is remembered durably before it is signed."""
        key = self._log_key(request.log)
        asked = convert.growth(request)
        tree = await self._trees.advance(request.log, lambda last: next_tree(last, asked))
        checkpoint = Checkpoint(key.verifier.name, tree.size, tree.root)
        signature = await key.signing.sign(checkpoint.text.encode())
        self._signed.labels("checkpoint").inc()
        return pb.SignCheckpointResponse(checkpoint=signed_note(checkpoint, key.verifier, signature))

    async def CertifyReceiptKey(
        self, request: pb.CertifyReceiptKeyRequest, context: Context
    ) -> pb.CertifyReceiptKeyResponse:
        """See the .proto."""
        payload = receipt_certification(convert.receipt_key(request), self._clock.now())
        certification = await sign(self._keyring.root, Typ.CERTIFICATION, payload.encode())
        self._signed.labels("certification").inc()
        valid_to = Timestamp()
        valid_to.FromDatetime(moment(payload.valid_to))
        return pb.CertifyReceiptKeyResponse(certification=certification, valid_to=valid_to)

    def _log_key(self, log: str) -> LogKey:
        if log not in self._keyring.logs:
            raise Malformed(f"got a log that is none of ours, expected one of {', '.join(self._keyring.logs)}")
        return self._keyring.logs[log]
