"""A throw-away certificate authority whose certificates look like those of the real one: one URI name, one DNS name."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from libs.rpc.config import Peer, Tls
from libs.rpc.identity import TRUST_DOMAIN

LIFETIME = timedelta(days=1)


class TestAuthority:
    """Issues certificates into a folder; two authorities do not believe each other."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._builder(self._name, self._key.public_key()).add_extension(constraints, critical=True)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ca.pem").write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def tls(self, name: str) -> Tls:
        """The files of one identity, e.g. "service/intake" or "node/bergen"."""
        host = Peer(address="", name=name).host
        return self.tls_with([x509.UniformResourceIdentifier(f"{TRUST_DOMAIN}{name}"), x509.DNSName(host)], name)

    def tls_with(self, names: Sequence[x509.GeneralName], label: str) -> Tls:
        """The files of a certificate with exactly these subject alternative names."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([]), key.public_key())
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
        folder = self._folder / label
        folder.mkdir(parents=True, exist_ok=True)
        certificate = builder.sign(self._key, hashes.SHA256())
        (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Tls(certificate=folder / "cert.pem", key=folder / "key.pem", ca=self._folder / "ca.pem")

    def _builder(self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + LIFETIME)
        )
