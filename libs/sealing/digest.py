"""The digest of a melding: what receipts, proofs and logs speak of.

SHA-256 over a domain separator and length-prefixed fields, so that no two meldinger share an input: a byte cannot move
from one field to its neighbour without a length changing. Parts count as received and are never re-encoded.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from libs.values import Digest, MeldingId, TjenesteId

DOMAIN = b"samvern-melding-digest-v1\x00"


@dataclass(frozen=True, slots=True)
class PartDigest:
    """Names one sealed part without its bytes."""

    purpose: str
    key_id: str
    sha256: bytes
    """32 bytes: SHA-256 over the sealed bytes as received."""
    size_bytes: int

    @classmethod
    def of(cls, purpose: str, key_id: str, sealed: bytes) -> Self:
        """The digest of these sealed bytes."""
        return cls(purpose, key_id, hashlib.sha256(sealed).digest(), len(sealed))


def melding_digest(
    suite: str, melding_id: MeldingId, receiver: TjenesteId, melding_type: str, parts: Sequence[PartDigest]
) -> Digest:
    """The digest over DOMAIN, then each field as a 4-byte big-endian length and its bytes, text as UTF-8.

    The fields: suite, melding id (36 characters), receiver, type ("privat" or "offentlig"), number of parts in decimal;
    then for each part in order its purpose, key id and SHA-256 (32 bytes).
    """
    fields = [suite.encode(), str(melding_id).encode(), str(receiver).encode(), melding_type.encode()]
    fields.append(str(len(parts)).encode())
    for part in parts:
        fields += [part.purpose.encode(), part.key_id.encode(), part.sha256]
    framed = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return Digest(hashlib.sha256(DOMAIN + framed).digest())
