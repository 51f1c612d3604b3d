"""A sender's world: a portal in memory, a data directory with its trust, and the command line over both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.cli.layout import Layout
from libs.cli.main import ROOT, samvern
from libs.cli.sender import Sender
from libs.cli.state import NodeState, ProcessRef, State, write_state
from libs.sender.tests.portal import Portal
from libs.testing.labels import TestReceiver
from libs.tlog.checkpoint import Checkpoint, signed_note
from libs.tlog.hashes import leaf_hash
from libs.tlog.key_entry import KeyEntry
from libs.tlog.note import VerifierKey
from libs.tlog.tiles import all_bundles, all_tiles, encode_bundle
from libs.tlog.tree import grow, root

EXAMPLES = ROOT / "examples"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()


def vkey(log: str) -> VerifierKey:
    """The key of one of the logs."""
    return VerifierKey(f"samvern.test/log/{log}", PUBLIC)


@dataclass
class World:
    """What a test of a sender's command speaks with."""

    portal: Portal
    layout: Layout
    tmp: Path

    def run(self, *args: str) -> Result:
        """One command against this data directory."""
        return CliRunner().invoke(samvern, [*args, "--data", str(self.layout.data)])

    def ok(self, *args: str) -> str:
        """One command that must succeed; its standard output."""
        result = self.run(*args)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *args: str, code: int = 1) -> str:
        """One command that must be refused; the first line on standard error, without "Error: "."""
        result = self.run(*args)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        return result.stderr.splitlines()[0].removeprefix("Error: ")

    def serve_log(self, log: str, *entries: bytes) -> None:
        """The portal serves a log of these entries."""
        tree = grow(0, {}, [leaf_hash(entry) for entry in entries])
        head = Checkpoint(vkey(log).name, tree.size, root(tree.size, tree.read))
        files = {tile.path: tree.read(tile) for tile in all_tiles(tree.size)}
        for bundle in all_bundles(tree.size):
            files[bundle.path] = encode_bundle(entries[bundle.start : bundle.start + bundle.width])
        files["checkpoint"] = signed_note(head, vkey(log), PRIVATE.sign(head.text.encode())).encode()
        self.portal.files.update({f"/log/{log}/{path}": content for path, content in files.items()})

    def key_entry(self, status: str = "valid") -> bytes:
        """The key log's line about the portal's one receiver."""
        return KeyEntry.make("bergen", "case", status, self.portal.receiver.der).encode()


@pytest.fixture(scope="session")
def receiver() -> TestReceiver:
    """One RSA key for all tests."""
    return TestReceiver.new()


@pytest.fixture
def world(receiver: TestReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An instance that seems to run, with both logs served."""
    portal, layout = Portal.new(receiver), Layout(tmp_path / "data")
    trust: dict[str, Any] = {log: {"origin": vkey(log).name, "vkey": str(vkey(log))} for log in ("keys", "events")}
    layout.logs_file.parent.mkdir(parents=True)
    layout.logs_file.write_bytes(msgspec.json.encode(trust))
    layout.root_file.write_bytes(portal.trust.root.encode())
    node = NodeState("bergen", "Bergen barneverntjeneste", ["4601"], [], "http://inbox.test", "http://oidc.test", "x")
    write_state(layout, State(str(layout.data), "http://portal.test", "", ProcessRef(0, ""), {}, [node], {}))

    @contextmanager
    def opened(_data: Path) -> Iterator[Sender]:
        yield Sender(layout, portal.client())

    monkeypatch.setattr(Sender, "open", opened)
    monkeypatch.chdir(tmp_path)
    made = World(portal, layout, tmp_path)
    made.serve_log("keys", made.key_entry())
    made.serve_log("events", *(b"%032d" % number for number in range(300)))
    return made
