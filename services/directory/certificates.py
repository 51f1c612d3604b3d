"""What stands in a receiver certificate (RFC 5280)."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from libs.errors import Malformed
from libs.sealing.jwe import key_id_of
from services.directory.domain import Certificate

MAX_BYTES = 8_192


def read_certificate(der: bytes) -> Certificate:
    """The certificate; raises Malformed for what is not X.509 in DER, or not in its one encoding."""
    if not 0 < len(der) <= MAX_BYTES:
        raise Malformed(f"case_certificate: got {len(der)} bytes, expected 1 to {MAX_BYTES}")
    try:
        certificate = x509.load_der_x509_certificate(der)
        public = certificate.public_key()
    except ValueError as error:
        raise Malformed("case_certificate: it is not X.509 in DER") from error
    if certificate.public_bytes(Encoding.DER) != der:
        raise Malformed("case_certificate: it is not in the one encoding of DER")
    return Certificate(
        key_id=key_id_of(der),
        der=der,
        rsa_bits=public.key_size if isinstance(public, RSAPublicKey) else 0,
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )
