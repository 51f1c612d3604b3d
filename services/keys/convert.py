"""From the wire to the domain; refuses what is malformed."""

from collections.abc import Sequence

from libs.errors import Malformed
from libs.tlog.hashes import HASH_BYTES
from samvern.keys.v1 import keys_pb2 as pb
from services.keys.domain import Growth, Tree

MAX_SNAPSHOT_BYTES = 4 * 1024 * 1024
MAX_LABEL_BYTES = 16 * 1024
MAX_LABELS = 100
MAX_SIZE = 2**63 - 1
MAX_PROOF_HASHES = 128
"""More than the path of any tree that fits the size."""
PUBLIC_KEY_BYTES = 32


def snapshot_payload(request: pb.SignSnapshotRequest) -> bytes:
    """The payload; raises Malformed."""
    if not 0 < len(request.payload) <= MAX_SNAPSHOT_BYTES:
        raise Malformed(f"got a payload of {len(request.payload)} bytes, expected 1 to {MAX_SNAPSHOT_BYTES}")
    return request.payload


def label_payloads(request: pb.SignLabelsRequest) -> Sequence[bytes]:
    """The payloads; raises Malformed."""
    if not 0 < len(request.payloads) <= MAX_LABELS:
        raise Malformed(f"got {len(request.payloads)} labels, expected 1 to {MAX_LABELS}")
    if any(not 0 < len(payload) <= MAX_LABEL_BYTES for payload in request.payloads):
        raise Malformed(f"expected payloads of 1 to {MAX_LABEL_BYTES} bytes")
    return request.payloads


def growth(request: pb.SignCheckpointRequest) -> Growth:
    """The tree and its proof; raises Malformed."""
    if max(request.size, request.last_signed_size) > MAX_SIZE:
        raise Malformed(f"expected a size of at most {MAX_SIZE}")
    if any(len(each) != HASH_BYTES for each in (request.root, *request.consistency)):
        raise Malformed(f"expected a root and proof of {HASH_BYTES} bytes each")
    if len(request.consistency) > MAX_PROOF_HASHES:
        raise Malformed(f"got a proof of {len(request.consistency)} hashes, expected at most {MAX_PROOF_HASHES}")
    return Growth(Tree(request.size, request.root), request.last_signed_size, tuple(request.consistency))


def receipt_key(request: pb.CertifyReceiptKeyRequest) -> bytes:
    """The public key; raises Malformed."""
    if len(request.public_key) != PUBLIC_KEY_BYTES:
        raise Malformed(f"got a public key of {len(request.public_key)} bytes, expected {PUBLIC_KEY_BYTES}")
    return request.public_key
