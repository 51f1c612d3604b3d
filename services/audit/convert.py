"""Requests to audit's values; refuses what is malformed."""

from libs.errors import Malformed
from libs.tlog.hashes import HASH_BYTES
from libs.tlog.key_entry import KeyEntry
from samvern.audit.v1 import audit_pb2 as pb
from services.audit.domain import COMMITMENT_BYTES, LOGS, MAX_COMMITMENTS, LogName

MAX_PATH = 200


def key_entry(request: pb.AppendKeyEntryRequest) -> KeyEntry:
    """The fact to log."""
    return KeyEntry.make(request.tjeneste_id, request.purpose, request.status, request.certificate)


def commitments(request: pb.AppendCommitmentsRequest) -> list[bytes]:
    """The commitments, each once, in the order they came."""
    got = len(request.commitments)
    if not 0 < got <= MAX_COMMITMENTS:
        raise Malformed(f"got {got} commitments, expected 1 to {MAX_COMMITMENTS}")
    if any(len(commitment) != COMMITMENT_BYTES for commitment in request.commitments):
        raise Malformed(f"a commitment has {COMMITMENT_BYTES} bytes")
    return list(dict.fromkeys(request.commitments))


def log_name(name: str) -> LogName:
    """The log."""
    for log in LOGS:
        if name == log:
            return log
    raise Malformed(f"expected a log of {', '.join(LOGS)}")


def path(text: str) -> str:
    """The path, not longer than any of a log."""
    if len(text) > MAX_PATH:
        raise Malformed(f"got a path of {len(text)} characters, expected at most {MAX_PATH}")
    return text


def leaf_hash(value: bytes) -> bytes:
    """The leaf hash."""
    if len(value) != HASH_BYTES:
        raise Malformed(f"got a leaf hash of {len(value)} bytes, expected {HASH_BYTES}")
    return value
