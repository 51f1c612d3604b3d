"""What a service may ask of its private keys; it never holds one.

Whoever can call a keystore can use its keys, and whoever has its files and its passphrase has the keys. Signing keys
are Ed25519 (RFC 8032); unwrapping keys are RSA of 3072 bits and open what was wrapped by RSA-OAEP with SHA-256
(RFC 8017 7.1), which KS's producers and JWE's RSA-OAEP-256 both use.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.errors import Malformed

RSA_BITS = 3072

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """What a certificate says of its key. The same values give the same certificate."""

    common_name: str
    serial_number: int
    valid_from: datetime
    valid_to: datetime


class Keystore(Protocol):
    """Keys by name. A name is [a-z0-9-], at most 63 characters; signing and unwrapping keys have names of their own.

    Every method raises Malformed for another name, Precondition where a key is missing or cannot be read with this
    passphrase, and Unavailable where the keystore cannot be reached.
    """

    async def ensure_signing_key(self, name: str) -> bytes:
        """The public key, 32 bytes, of a signing key that exists from now on, durably. Idempotent."""
        ...

    async def sign(self, name: str, message: bytes) -> bytes:
        """The 64-byte signature; the same message gives the same."""
        ...

    async def ensure_unwrapping_key(self, name: str) -> bytes:
        """The public key (SubjectPublicKeyInfo, DER) of an unwrapping key that exists from now on. Idempotent."""
        ...

    async def certify_unwrapping_key(self, name: str, contents: SelfSigned) -> bytes:
        """A self-signed X.509 certificate (DER) of the unwrapping key, for key encipherment only."""
        ...

    async def unwrap(self, name: str, encrypted_keys: Sequence[bytes]) -> list[bytes | None]:
        """What each holds, in the order given; None for one that does not unwrap, after the same time."""
        ...


class KeyUnwrapper:
    """One unwrapping key of a keystore, as libs/sealing asks for it."""

    def __init__(self, keystore: Keystore, name: str) -> None:
        self._keystore = keystore
        self._name = name

    async def unwrap(self, encrypted_key: bytes) -> bytes | None:
        """The content key, or None."""
        (content_key,) = await self._keystore.unwrap(self._name, [encrypted_key])
        return content_key


def checked_name(name: str) -> str:
    """The name, if it may be part of a file name or a URL; raises Malformed."""
    if _NAME.fullmatch(name) is None:
        raise Malformed(f"got {len(name)} characters that are no key name: a-z, 0-9 and hyphen, at most 63")
    return name
