"""Today's code reads what every landed version said."""

import base64
import gzip
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import message_factory
from google.protobuf.message import Message

from libs.statements import Root, Typ, peek, verify, verify_proof
from libs.statements.envelope import unb64
from libs.statements.payloads import Label, Receipt, decode
from libs.statements.snapshot import Snapshot

VERSIONS = sorted(path for path in Path(__file__).parent.iterdir() if (path / "root.json").exists())


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def version(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def _messages(version: Path) -> list[tuple[str, Message]]:
    found = []
    for line in gzip.decompress((version / "rpcs.jsonl.gz").read_bytes()).splitlines():
        said: dict[str, Any] = json.loads(line)
        service, method = said["rpc"].rsplit("/", 2)[1:]
        pb2 = importlib.import_module(f"samvern.{service.split('.')[1]}.v1.{service.split('.')[1]}_pb2")
        descriptor = pb2.DESCRIPTOR.services_by_name[service.rpartition(".")[2]].methods_by_name[method]
        kinds = [descriptor.input_type] + [descriptor.output_type] * len(said["responses"])
        for kind, text in zip(kinds, [said["request"], *said["responses"]], strict=True):
            found.append((said["rpc"], message_factory.GetMessageClass(kind).FromString(base64.b64decode(text))))
    return found


def test_the_version_of_this_tree_is_recorded() -> None:
    assert "0.1.0" in [path.name for path in VERSIONS]


def test_every_message_is_understood_whole(version: Path) -> None:
    messages = _messages(version)
    assert len({rpc for rpc, _ in messages}) >= 20
    for rpc, message in messages:
        before = message.ByteSize()
        message.DiscardUnknownFields()
        assert message.ByteSize() == before, f"{rpc} holds a field that today's contract does not know"


def test_every_statement_still_verifies(version: Path) -> None:
    root = Root.load(version / "root.json")
    native = json.loads((version / "native.json").read_text(encoding="utf-8"))
    label = decode(verify(native["submission"]["label"], Typ.LABEL, root), Label)
    receipt = decode(verify(native["answer"]["receipt"], Typ.RECEIPT, root), Receipt)
    assert receipt.tjeneste == label.tjeneste
    keys = {key.kid: unb64(key.x) for key in label.proof_keys}
    proofs = [verify_proof(step["proof"], keys) for step in native["status"]["steps"] if step["step"] != "accepted"]
    assert [proof.kind for proof in proofs] == ["stored", "opened"]
    assert {proof.digest for proof in proofs} == {receipt.digest}
    snapshots = {message.snapshot for rpc, message in _messages(version) if hasattr(message, "snapshot")}
    for snapshot in snapshots - {""}:
        assert decode(verify(snapshot, Typ.SNAPSHOT, root), Snapshot).version >= 1
        assert peek(snapshot)
