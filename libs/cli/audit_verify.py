"""What `samvern audit verify` does, over HTTP only, as anybody could who has the two verifier keys and the root."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from libs.cli.sender import Sender, write_file
from libs.cli.state import read_state
from libs.cli.trust import read_log_keys
from libs.errors import NotConnected, NotFound, Precondition
from libs.sealing import base64url
from libs.sender.keylog import log_reader
from libs.sender.submission import Address
from libs.tlog.checkpoint import Checkpoint, open_checkpoint
from libs.tlog.key_entry import KeyEntry
from libs.tlog.note import VerifierKey
from libs.tlog.verifier import VerifiedLog, verify_log
from libs.world.system import SystemClock


class LogFinding(msgspec.Struct, frozen=True):
    """One log, verified."""

    origin: str
    size: int
    root: str
    """Hex."""
    tiles: int
    kept_size: int | None
    """Size at the last verification here; None at the first."""


class LabelFinding(msgspec.Struct, frozen=True):
    """A label whose certificates stand in the key log."""

    tjeneste: str
    kommune: str
    bydel: str
    key_ids: list[str]


class Finding(msgspec.Struct, frozen=True):
    """All that was verified. There is none where anything is wrong."""

    logs: list[LogFinding]
    labels: list[LabelFinding]
    unused: list[str]
    """Valid keys of the key log, as tjeneste/key id, that none of these labels names: replaced ones, for instance."""


def verify_instance(sender: Sender) -> Finding:
    """Both logs and the labels of all places with a node, verified; the checkpoints are kept. Raises our errors."""
    vkeys = read_log_keys(sender.layout)
    keys, keys_finding = _verify(sender, "keys", VerifierKey.parse(vkeys.keys.vkey))
    _, events_finding = _verify(sender, "events", VerifierKey.parse(vkeys.events.vkey))
    entries = [KeyEntry.decode(entry) for entry in keys.entries]
    labels = [check_label(address, entries) for address in _addresses(sender)]
    named = [f"{label.tjeneste}/{key_id}" for label in labels for key_id in label.key_ids]
    revoked = [(entry.tjeneste_id, entry.key_id) for entry in entries if entry.status == "revoked"]
    valid = [entry for entry in entries if (entry.tjeneste_id, entry.key_id) not in revoked]
    unused = [name for name in (f"{entry.tjeneste_id}/{entry.key_id}" for entry in valid) if name not in named]
    return Finding([keys_finding, events_finding], labels, unused)


def check_label(address: Address, entries: list[KeyEntry]) -> LabelFinding:
    """Every certificate of the label stands in the log where it says, and is not revoked. Raises Precondition."""
    label = address.label
    for certificate in label.certificates:
        der = base64url.decode(certificate.der)
        expected = KeyEntry.make(label.tjeneste.id, certificate.purpose, "valid", der)
        revoked = KeyEntry.make(label.tjeneste.id, certificate.purpose, "revoked", der)
        found = entries[certificate.log_index : certificate.log_index + 1]
        if found != [expected] or certificate.key_id != expected.key_id:
            raise Precondition(f"key {certificate.key_id} of {label.tjeneste.id} is not in the key log where it says")
        if revoked in entries:
            raise Precondition(f"key {certificate.key_id} of {label.tjeneste.id} is revoked, and still in a label")
    key_ids = [certificate.key_id for certificate in label.certificates]
    return LabelFinding(label.tjeneste.id, label.kommune.nummer, label.bydel.nummer, key_ids)


def _verify(sender: Sender, log: str, key: VerifierKey) -> tuple[VerifiedLog, LogFinding]:
    kept = _Kept(sender.layout.data / "sender" / "checkpoints" / log, key)
    before = kept.load()
    try:
        verified = verify_log(log_reader(sender.client.http, f"/log/{log}"), key, before)
    except NotFound as error:
        raise Precondition(f"the log {log} lacks a file that its checkpoint promises: {error.detail}") from error
    write_file(kept.path, verified.note.encode())
    head = verified.checkpoint
    return verified, LogFinding(
        head.origin, head.size, head.root.hex(), verified.tiles, before.size if before else None
    )


@dataclass(frozen=True)
class _Kept:
    """The checkpoint seen last time: what makes a rewritten log show."""

    path: Path
    key: VerifierKey

    def load(self) -> Checkpoint | None:
        """Raises StatementRefused for a file that the log's key did not sign."""
        if not self.path.exists():
            return None
        return open_checkpoint(self.path.read_text(encoding="utf-8"), self.key)


def _addresses(sender: Sender) -> list[Address]:
    """The labels of all places that this instance has nodes for."""
    state = read_state(sender.layout)
    assert state is not None, "the sender was opened at a running instance"
    places = [(kommune, bydel) for node in state.nodes for kommune in node.kommuner for bydel in node.bydeler or ["00"]]
    addresses = []
    for kommune, bydel in places:
        try:
            addresses.append(sender.client.address(kommune, bydel, SystemClock().now()))
        except NotConnected:
            continue
    return addresses
