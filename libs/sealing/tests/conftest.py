"""A receiver with a key and a certificate of its own, made once a run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from libs.sealing.jwe import key_id_of

MADE_AT = datetime(2026, 11, 22, tzinfo=UTC)


def certificate_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """A self-signed certificate, DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "oppdiktet mottaker")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, MADE_AT, MADE_AT + timedelta(days=3650))
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Receiver:
    """Unwraps as a keystore does."""

    key: rsa.RSAPrivateKey
    certificate: bytes

    @classmethod
    def of_bits(cls, bits: int) -> "Receiver":
        key = rsa.generate_private_key(65537, bits)
        return cls(key, certificate_of(key))

    @property
    def key_id(self) -> str:
        return key_id_of(self.certificate)

    async def unwrap(self, encrypted_key: bytes) -> bytes | None:
        oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
        try:
            return self.key.decrypt(encrypted_key, oaep)
        except ValueError:
            return None


@pytest.fixture(scope="session")
def receiver() -> Receiver:
    return Receiver.of_bits(3072)
