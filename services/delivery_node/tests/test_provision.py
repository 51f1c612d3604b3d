"""A node's keys are made once."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from libs.config.load import load
from libs.errors import Precondition
from libs.keystore import FileKeystore
from libs.sealing.jwe import key_id_of, open_part, seal_part
from libs.testing.world import START, FakeClock, SeededIds
from libs.values import MeldingId, TjenesteId
from services.delivery_node.config import Config
from services.delivery_node.provision import provision
from services.delivery_node.receiver_keys import ReceiverKeys
from services.delivery_node.tests.factory import NODE

MELDING = MeldingId("7d0c6a52-2f0e-4c0a-9f6e-0f5a4b8f1c11")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "node.toml").write_text(NODE)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("0123456789abcdef" * 2)
    passphrase.chmod(0o600)
    return load(tmp_path / "node.toml", Config)


async def test_keys_are_made_once_and_told_alike(config: Config) -> None:
    first = await provision(config, FakeClock(), SeededIds(1))
    second = await provision(config, FakeClock(START + timedelta(days=1)), SeededIds(2))
    assert first == second
    assert first["tjeneste_id"] == "fjellvik"
    assert len(base64.b64decode(first["proof_public_key"])) == 32


async def test_the_certificate_lasts_two_years_and_opens_what_is_sealed_to_it(config: Config) -> None:
    printed = await provision(config, FakeClock(), SeededIds())
    der = base64.b64decode(printed["case_certificate"])
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=730)

    receiver, key_id = TjenesteId("fjellvik"), key_id_of(der)
    sealed = seal_part(b"oppdiktet", der, key_id, MELDING, receiver, "case")
    keystore = FileKeystore(config.keystore_dir, config.passphrase_file)
    unwrapper = ReceiverKeys.load(config.keystore_dir).unwrapper(keystore, key_id)
    assert unwrapper is not None
    assert await open_part(sealed, unwrapper, key_id, MELDING, receiver, "case") == b"oppdiktet"


async def test_a_node_without_certificates_does_not_start(config: Config) -> None:
    with pytest.raises(Precondition):
        ReceiverKeys.load(config.keystore_dir)


async def test_no_key_of_ours_is_offered_for_another_key_id(config: Config) -> None:
    await provision(config, FakeClock(), SeededIds())
    keys = ReceiverKeys.load(config.keystore_dir)
    assert keys.unwrapper(FileKeystore(config.keystore_dir, config.passphrase_file), "another") is None
