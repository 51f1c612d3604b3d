"""What a keystore does that has its private keys in this process; where they lie is the subclass's matter."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from libs.errors import Precondition
from libs.keystore.keystore import RSA_BITS, SelfSigned, checked_name

PrivateKey = Ed25519PrivateKey | RSAPrivateKey

_OAEP = OAEP(MGF1(SHA256()), SHA256(), None)


class HeldKeystore(ABC):
    """A Keystore over two questions: find a key, keep a new one. A label is a key's name and kind."""

    @abstractmethod
    def _find(self, label: str) -> PrivateKey | None:
        """The key, or None where there is none."""

    @abstractmethod
    def _keep(self, label: str, key: PrivateKey) -> PrivateKey:
        """The key that the label stands for from now on, durably: this one, or one that was kept at the same time."""

    async def ensure_signing_key(self, name: str) -> bytes:
        """As in Keystore."""
        label = _signing_label(name)
        key = self._find(label) or self._keep(label, Ed25519PrivateKey.generate())
        return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    async def sign(self, name: str, message: bytes) -> bytes:
        """As in Keystore."""
        key = self._find(_signing_label(name))
        if not isinstance(key, Ed25519PrivateKey):
            raise Precondition(f"the keystore has no signing key {name}; provision it first")
        return key.sign(message)

    async def ensure_unwrapping_key(self, name: str) -> bytes:
        """As in Keystore."""
        label = _unwrapping_label(name)
        key = self._find(label) or self._keep(label, rsa.generate_private_key(65537, RSA_BITS))
        return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    async def certify_unwrapping_key(self, name: str, contents: SelfSigned) -> bytes:
        """As in Keystore."""
        key = self._unwrapping_key(name)
        return _certificate(key, contents).sign(key, SHA256()).public_bytes(Encoding.DER)

    async def unwrap(self, name: str, encrypted_keys: Sequence[bytes]) -> list[bytes | None]:
        """As in Keystore."""
        key = self._unwrapping_key(name)
        return [_unwrapped(key, encrypted_key) for encrypted_key in encrypted_keys]

    def _unwrapping_key(self, name: str) -> RSAPrivateKey:
        key = self._find(_unwrapping_label(name))
        if not isinstance(key, RSAPrivateKey):
            raise Precondition(f"the keystore has no unwrapping key {name}; provision it first")
        return key


def _signing_label(name: str) -> str:
    return f"{checked_name(name)}.ed25519"


def _unwrapping_label(name: str) -> str:
    return f"{checked_name(name)}.rsa"


def _unwrapped(key: RSAPrivateKey, encrypted_key: bytes) -> bytes | None:
    try:
        return key.decrypt(encrypted_key, _OAEP)
    except ValueError:
        return None


def _certificate(key: RSAPrivateKey, contents: SelfSigned) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, contents.common_name)])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder(name, name, key.public_key(), contents.serial_number)
        .not_valid_before(contents.valid_from)
        .not_valid_after(contents.valid_to)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
