"""samvern receipt verify: offline, every byte."""

import json
from pathlib import Path

import pytest

from libs.cli.tests.conftest import EXAMPLES, World
from libs.sender.tests.portal import done
from libs.statements import Typ, sign
from libs.statements.document import receipt_document
from libs.statements.envelope import peek
from libs.testing.trust import TestTrust


@pytest.fixture
def receipt(world: World) -> Path:
    path = world.tmp / "receipt.json"
    path.write_text(world.ok("melding", "send", str(EXAMPLES / "privat-bergen.json"), "--json"))
    return path


def test_a_true_receipt_is_verified_without_anything_running(world: World, receipt: Path) -> None:
    world.layout.state_file.unlink()
    assert "Kvitteringen er ekte og uendret." in world.ok("receipt", "verify", str(receipt))
    assert json.loads(world.ok("receipt", "verify", str(receipt), "--json"))["innhold"]["tjeneste"]["id"] == "bergen"


def test_a_receipt_with_any_byte_changed_is_refused(world: World, receipt: Path) -> None:
    true = receipt.read_bytes()
    for at in range(0, len(true), 29):
        receipt.write_bytes(true[:at] + bytes([true[at] ^ 1]) + true[at + 1 :])
        assert "STATEMENT_REFUSED" in world.refused("receipt", "verify", str(receipt))


def test_a_receipt_signed_again_by_a_key_the_root_does_not_certify_is_refused(world: World, receipt: Path) -> None:
    payload = peek(json.loads(receipt.read_bytes())["kvittering"])
    other = done(TestTrust.new())
    receipt.write_bytes(receipt_document(done(sign(other.receipt, Typ.RECEIPT, payload))))
    assert "STATEMENT_REFUSED" in world.refused("receipt", "verify", str(receipt))
    (world.tmp / "other.json").write_bytes(other.root.encode())
    world.ok("receipt", "verify", str(receipt), "--root", "other.json")


def test_without_a_root_nothing_is_verified(world: World, receipt: Path) -> None:
    assert "--root" in world.refused("receipt", "verify", str(receipt), "--root", "missing.json", code=3)
