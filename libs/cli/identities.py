"""The authority and the certificates of an embedded instance (X.509, RFC 5280; names as SPIFFE ids in the URI SAN).

In a cluster Vault issues them. Here the authority's key lies in the data directory, beside everything it protects.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from libs.cli.state import replace_file

TRUST_DOMAIN = "samvern.no"
DNS_SUFFIX = "samvern.internal"
AUTHORITY_LIFETIME = dt.timedelta(days=3650)
LIFETIME = dt.timedelta(days=90)
"""Longer than the outage budget by far; issued anew at each start."""
SKEW = dt.timedelta(hours=1)
"""Certificates are valid from a little earlier, for clocks that go behind."""


@dataclass(frozen=True)
class Authority:
    """Signs identities; trusted by every process of one instance and by nobody else."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def load_or_make(cls, folder: Path, now: dt.datetime) -> Self:
        """The authority in the folder; a new one when there is none, or less than one lifetime is left of it."""
        try:
            certificate = x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())
            key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
        except FileNotFoundError:
            return cls._make(folder, now)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # Nothing else is ever written there.
        is_lasting = certificate.not_valid_after_utc > now + LIFETIME
        return cls(certificate, key) if is_lasting else cls._make(folder, now)

    @classmethod
    def _make(cls, folder: Path, now: dt.datetime) -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Samvern embedded authority")])
        certificate = (
            _builder(name, name, key.public_key(), now, AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(folder, certificate, key)
        return cls(certificate, key)

    def issue(self, identity: str, folder: Path, now: dt.datetime) -> None:
        """`folder` holds cert.pem, key.pem and ca.pem for an identity such as "service/intake"; a new key each time."""
        kind, _, name = identity.partition("/")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity[:64])])
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        names = [
            x509.UniformResourceIdentifier(f"spiffe://{TRUST_DOMAIN}/{identity}"),
            x509.DNSName(f"{name}.{kind}.{DNS_SUFFIX}"),
            x509.DNSName("localhost"),
        ]
        certificate = (
            _builder(subject, self.certificate.subject, key.public_key(), now, LIFETIME)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        _write(folder, certificate, key)
        replace_file(folder / "ca.pem", self.certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    lifetime: dt.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    replace_file(folder / "key.pem", private)
    replace_file(folder / "cert.pem", certificate.public_bytes(pem))
