"""The reporter's secret: 128 random bits that alone can follow a melding and read its answers.

People keep it as forty digits, which look like an account or telephone list and are easy to read out: the number in
39 digits and a Luhn check digit (ISO/IEC 7812-1 annex B), in ten groups of four. Everything else is derived from it by
HKDF-SHA256 (RFC 5869), so the server sees a look-up id and a token, and never the secret or the reply key.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from libs.errors import Malformed

SECRET_BYTES = 16
SALT = b"samvern-reporter-secret-v1"

_DIGITS = 39
"""Digits that the largest 128-bit number needs."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What a secret gives. Only `lookup_id` and the token or its hash ever leave the reporter's hands."""

    lookup_id: bytes
    """16 bytes: where the status is found."""
    access_token: bytes = field(repr=False)
    """32 bytes: shows that the asker holds the secret."""
    reply_private_key: bytes = field(repr=False)
    """32 bytes: X25519 (RFC 7748), opens answers."""

    @property
    def access_token_hash(self) -> bytes:
        """32 bytes: SHA-256 of the token, all that the server keeps of it."""
        return hashlib.sha256(self.access_token).digest()

    @property
    def reply_public_key(self) -> bytes:
        """32 bytes: X25519; travels inside the sealed case part."""
        private = X25519PrivateKey.from_private_bytes(self.reply_private_key)
        return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass(frozen=True, slots=True)
class ReporterSecret:
    """The secret itself, 16 bytes from the reporter's own random source."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != SECRET_BYTES:
            raise Malformed(f"got a secret of {len(self.value)} bytes, expected {SECRET_BYTES}")

    @classmethod
    def parse(cls, digits: str) -> Self:
        """The secret as people type it, blanks and hyphens anywhere. Raises Malformed, also for one wrong digit."""
        bare = re.sub(r"[\s-]", "", digits)
        if not re.fullmatch(r"[0-9]{40}", bare):
            raise Malformed(f"got {len(bare)} characters, expected forty digits")
        if _luhn_digit(bare[:_DIGITS]) != bare[_DIGITS]:
            raise Malformed("the last digit does not fit the others: one of the forty digits is wrong")
        number = int(bare[:_DIGITS])
        if number >= 1 << 8 * SECRET_BYTES:
            raise Malformed("these forty digits are no secret: one of the first digits is wrong")
        return cls(number.to_bytes(SECRET_BYTES, "big"))

    @property
    def digits(self) -> str:
        """Ten groups of four digits with a blank between."""
        bare = str(int.from_bytes(self.value, "big")).zfill(_DIGITS)
        bare += _luhn_digit(bare)
        return " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))

    def derive(self) -> Derived:
        """What the secret gives; the same each time."""
        return Derived(self._hkdf(b"lookup-id", 16), self._hkdf(b"access-token", 32), self._hkdf(b"reply-key", 32))

    def _hkdf(self, info: bytes, length_bytes: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length_bytes, salt=SALT, info=info).derive(self.value)


def _luhn_digit(payload: str) -> str:
    total = 0
    for place, char in enumerate(reversed(payload)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
