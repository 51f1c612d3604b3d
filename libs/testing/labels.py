"""A receiver for tests: an RSA key with its certificate, and a signed label that names it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from libs.sealing.jwe import key_id_of
from libs.statements import SigningKey, Typ, sign
from libs.statements.envelope import b64, kid_of
from libs.statements.payloads import Certificate, Label, Named, Numbered, ProofKey, timestamp
from libs.testing.trust import TestTrust, new_key
from libs.testing.world import START


@dataclass(frozen=True)
class TestReceiver:
    """A tjeneste with keys of its own. The RSA key is 3072 bits and takes a while to make: share it in a session."""

    __test__ = False

    tjeneste_id: str
    private_key: RSAPrivateKey
    der: bytes
    proof_key: SigningKey

    @classmethod
    def new(cls, tjeneste_id: str = "bergen") -> Self:
        """A receiver whose certificate is valid for two years from START."""
        private = generate_private_key(65537, 3072)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, tjeneste_id)])
        builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        valid = builder.not_valid_before(START - timedelta(days=1)).not_valid_after(START + timedelta(days=730))
        certificate = valid.sign(Ed25519PrivateKey.generate(), None)
        return cls(tjeneste_id, private, certificate.public_bytes(Encoding.DER), new_key())

    @property
    def certificate(self) -> Certificate:
        """As labels and snapshots name it."""
        return Certificate("case", key_id_of(self.der), b64(self.der), 0)

    @property
    def proof(self) -> ProofKey:
        """As labels and snapshots name it."""
        return ProofKey(kid_of(self.proof_key.public_key), b64(self.proof_key.public_key))

    async def label(self, trust: TestTrust, kommune: str = "4601", navn: str = "Bergen", bydel: str = "00") -> str:
        """A signed label of one place, issued at START."""
        payload = Label(
            tjeneste=Named(self.tjeneste_id, f"{navn} barneverntjeneste"),
            kommune=Numbered(kommune, navn),
            bydel=Numbered(bydel, navn),
            channel="own_node",
            custody="node",
            certificates=(self.certificate,),
            proof_keys=(self.proof,),
            directory_version=1,
            issued_at=timestamp(START),
            fresh_until=timestamp(START + timedelta(hours=24)),
            accept_until=timestamp(START + timedelta(days=730)),
        )
        return await sign(trust.label, Typ.LABEL, payload.encode())
