"""A root with certified keys, as a throw-away trust for tests. Real signatures, new keys each time."""

from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.statements import Root, SigningKey, Typ, sign
from libs.statements.envelope import b64, kid_of
from libs.statements.payloads import Certification

VALID_FROM = "2026-01-01T00:00:00Z"
VALID_TO = "2036-01-01T00:00:00Z"


def new_key() -> SigningKey:
    """A key that nobody certifies."""
    private = Ed25519PrivateKey.generate()

    async def sign_here(message: bytes) -> bytes:
        return private.sign(message)

    return SigningKey(private.public_key().public_bytes_raw(), sign_here)


async def certify(
    root: SigningKey, subject: SigningKey, purpose: str, valid_from: str = VALID_FROM, valid_to: str = VALID_TO
) -> SigningKey:
    """`subject` with the root's certification for `purpose`: "receipt", "label" or "snapshot"."""
    fields = {"subject_kid": kid_of(subject.public_key), "x": b64(subject.public_key), "purpose": purpose}
    payload = Certification(**fields, valid_from=valid_from, valid_to=valid_to)  # type: ignore[arg-type]
    certification = await sign(root, Typ.CERTIFICATION, payload.encode())
    return SigningKey(subject.public_key, subject.sign, certification)


@dataclass(frozen=True)
class TestTrust:
    """A root and one certified key per purpose."""

    __test__ = False

    root_key: SigningKey
    receipt: SigningKey
    label: SigningKey
    snapshot: SigningKey
    root: Root = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Root(self.root_key.public_key))

    @classmethod
    async def new(cls) -> Self:
        """A trust with new keys."""
        root = new_key()
        return cls(root, *[await certify(root, new_key(), purpose) for purpose in ("receipt", "label", "snapshot")])
