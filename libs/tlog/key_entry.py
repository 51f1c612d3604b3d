"""The form of an entry in the key log: one line of JSON that a person can read.

An entry has no time and no counter, so the same fact is always the same bytes and stands in the log once. A key may be
sealed to if the log has its "valid" entry and no "revoked" one at any index: what is revoked never becomes valid again.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec

from libs.errors import Malformed
from libs.values import TjenesteId

FORMAT: Final = "samvern-key-1"
STATUSES = ("valid", "revoked")
PURPOSES = ("case",)
MAX_CERTIFICATE_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One fact about a receiver's key."""

    tjeneste_id: TjenesteId
    purpose: str
    status: str
    certificate: bytes

    @classmethod
    def make(cls, tjeneste_id: str, purpose: str, status: str, certificate: bytes) -> Self:
        """The entry; raises Malformed."""
        if purpose not in PURPOSES or status not in STATUSES:
            raise Malformed(f"expected a purpose of {', '.join(PURPOSES)} and a status of {', '.join(STATUSES)}")
        if not 0 < len(certificate) <= MAX_CERTIFICATE_BYTES:
            raise Malformed(f"got a certificate of {len(certificate)} bytes, expected 1 to {MAX_CERTIFICATE_BYTES}")
        return cls(TjenesteId.parse(tjeneste_id), purpose, status, bytes(certificate))

    @property
    def key_id(self) -> str:
        """Base64url of SHA-256 over the certificate, as in labels."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.certificate).digest()).rstrip(b"=").decode()

    def encode(self) -> bytes:
        """The entry's bytes in the log."""
        encoded = base64.urlsafe_b64encode(self.certificate).rstrip(b"=").decode()
        line = _Line(FORMAT, str(self.tjeneste_id), self.purpose, self.status, self.key_id, encoded)
        return msgspec.json.encode(line)

    @classmethod
    def decode(cls, entry: bytes) -> Self:
        """The fact in an entry; raises Malformed unless the bytes are exactly what `encode` writes."""
        try:
            line = msgspec.json.decode(entry, type=_Line)
            certificate = base64.urlsafe_b64decode(line.certificate + "=" * (-len(line.certificate) % 4))
        except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
            raise Malformed("the entry is no line of the key log") from error
        fact = cls.make(line.tjeneste_id, line.purpose, line.status, certificate)
        if fact.encode() != entry:
            raise Malformed("the entry of the key log is not in its one canonical form")
        return fact


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["samvern-key-1"]
    tjeneste_id: str
    purpose: str
    status: str
    key_id: str
    certificate: str
