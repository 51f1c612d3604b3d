"""Certificates."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from libs.cli.identities import LIFETIME, Authority

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


@pytest.fixture
def issued(tmp_path: Path) -> Path:
    Authority.load_or_make(tmp_path / "authority", NOW).issue("service/intake", tmp_path / "intake", NOW)
    return tmp_path / "intake"


def certificate(folder: Path, name: str = "cert.pem") -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


def test_a_certificate_names_its_identity_once(issued: Path) -> None:
    names = certificate(issued).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://samvern.no/service/intake"]
    assert names.get_values_for_type(x509.DNSName) == ["intake.service.samvern.internal", "localhost"]


def test_a_certificate_serves_both_sides_of_a_connection(issued: Path) -> None:
    usage = certificate(issued).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}


def test_a_certificate_verifies_from_its_authority(issued: Path) -> None:
    verifier = PolicyBuilder().store(Store([certificate(issued, "ca.pem")])).time(NOW).build_server_verifier(
        x509.DNSName("intake.service.samvern.internal")
    )  # fmt: skip
    assert len(verifier.verify(certificate(issued), [])) == 2


def test_a_certificate_outlives_the_outage_budget(issued: Path) -> None:
    assert certificate(issued).not_valid_after_utc - NOW >= dt.timedelta(days=30)


def test_private_keys_are_closed_to_others(issued: Path) -> None:
    assert (issued / "key.pem").stat().st_mode & 0o077 == 0


def test_the_authority_is_kept(tmp_path: Path) -> None:
    first = Authority.load_or_make(tmp_path, NOW)
    assert Authority.load_or_make(tmp_path, NOW + dt.timedelta(days=300)).certificate == first.certificate


def test_an_authority_near_its_end_is_made_anew(tmp_path: Path) -> None:
    first = Authority.load_or_make(tmp_path, NOW)
    late = first.certificate.not_valid_after_utc - LIFETIME
    assert Authority.load_or_make(tmp_path, late).certificate != first.certificate
