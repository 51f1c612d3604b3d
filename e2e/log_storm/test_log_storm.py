"""keys and audit are killed again and again; the logs neither forget nor fork. Steps: README.md."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import pytest

from e2e.instance import ROOT
from libs.cli.toml import to_toml
from libs.db.config import DbConfig
from libs.errors import NotFound, SamvernError
from libs.rpc.channel import connect
from libs.rpc.config import Peer
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.ports import free_port
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.tls import TestAuthority
from libs.tlog.checkpoint import Checkpoint, open_checkpoint
from libs.tlog.hashes import leaf_hash
from libs.tlog.key_entry import KeyEntry
from libs.tlog.note import VerifierKey
from libs.tlog.proofs import verify_consistency
from libs.tlog.tree import Growth, consistency_proof
from libs.tlog.verifier import VerifiedLog, verify_log
from samvern.audit.v1 import audit_pb2 as pb
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub

pytestmark = pytest.mark.full

T = TypeVar("T")
KILLS = 24
BATCH = 8


class Processes:
    """keys and audit over one database."""

    def __init__(self, folder: Path, database: DbConfig) -> None:
        self.folder = folder
        self.authority = TestAuthority(folder / "tls")
        self.ports = {"keys": free_port(), "audit": free_port()}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "passphrase").write_text("a passphrase that only tests ever use\n")
        (folder / "passphrase").chmod(0o600)
        self._write("keys", self._keys())
        assert self._run("services.keys.provision", "keys").wait(60) == 0
        logs = msgspec.json.decode((folder / "trust" / "logs.json").read_bytes())
        self.keys = {log: VerifierKey.parse(logs[log]["vkey"]) for log in ("keys", "events")}
        self._write("audit", self._audit(database))

    def peer(self, name: str) -> Peer:
        """Where a service is called."""
        return Peer(address=f"127.0.0.1:{self.ports[name]}", name=f"service/{name}")

    def start(self, name: str) -> None:
        """The service starts."""
        self.running[name] = self._run(f"services.{name}.main", name)

    def kill(self, name: str) -> None:
        """The service is gone, at once."""
        self.running[name].kill()
        self.running[name].wait()

    def stop(self) -> None:
        """All end."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(20)

    def _keys(self) -> dict[str, Any]:
        return {
            **self._common("keys"),
            "keystore_dir": str(self.folder / "keystore"),
            "passphrase_file": str(self.folder / "passphrase"),
            "root": str(self.folder / "trust" / "root.json"),
            "logs": {"keys_origin": "samvern.test/log/keys", "events_origin": "samvern.test/log/events"},
        }

    def _audit(self, database: DbConfig) -> dict[str, Any]:
        peer = self.peer("keys")
        return {
            **self._common("audit"),
            "batch_interval_seconds": 0.05,
            "batch_size": BATCH,
            "db": {**msgspec.structs.asdict(database), "password_file": str(database.password_file)},
            "peers": {"keys": {"address": peer.address, "name": peer.name}},
            "logs": {f"{log}_vkey": str(key) for log, key in self.keys.items()},
        }

    def _common(self, name: str) -> dict[str, Any]:
        tls = self.authority.tls(f"service/{name}")
        files = {field: str(getattr(tls, field)) for field in ("certificate", "key", "ca")}
        return {"listen": f"127.0.0.1:{self.ports[name]}", "tls": files}

    def _write(self, name: str, config: dict[str, Any]) -> None:
        (self.folder / f"{name}.toml").write_text(to_toml(config))

    def _run(self, module: str, name: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", module, "--config", str(self.folder / f"{name}.toml")]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


@asynccontextmanager
async def _stub(processes: Processes, caller: str) -> "AsyncIterator[AuditServiceAsyncStub]":
    tls = processes.authority.tls(f"service/{caller}")
    async with connect(processes.peer("audit"), tls, NoTelemetry()) as channel:
        yield AuditServiceStub(channel)


async def _until_answered(call: Callable[[], Awaitable[T]]) -> T:
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except SamvernError:
                await asyncio.sleep(0.05)


async def test_logs_neither_forget_nor_fork_while_keys_and_audit_are_killed(
    tmp_path: Path, database: DatabaseFactory
) -> None:
    processes = Processes(tmp_path, database("audit"))
    chance = random.Random(7)
    committed: list[bytes] = []
    notes: list[str] = []
    is_over = asyncio.Event()

    async def commit() -> None:
        async with _stub(processes, "intake") as stub:
            while not is_over.is_set():
                fresh = [chance.randbytes(32) for _ in range(chance.randint(1, 20))]
                request = pb.AppendCommitmentsRequest(commitments=fresh)
                await _until_answered(lambda request=request: stub.AppendCommitments(request, timeout=2))  # type: ignore[misc]
                committed.extend(fresh)
                await asyncio.sleep(0.01)

    async def certify() -> None:
        async with _stub(processes, "directory") as stub:
            while not is_over.is_set():
                request = _entry(len(notes))
                response = await _until_answered(lambda request=request: stub.AppendKeyEntry(request, timeout=2))  # type: ignore[misc]
                assert response.index == len(notes)
                notes.append(response.checkpoint)

    async def storm() -> None:
        for number in range(KILLS):
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            victim = ("audit", "keys")[number % 2]
            processes.kill(victim)
            await asyncio.sleep(chance.uniform(0, 0.3))
            processes.start(victim)
        await asyncio.sleep(3)
        is_over.set()

    try:
        processes.start("keys")
        processes.start("audit")
        async with asyncio.TaskGroup() as tasks:
            for each in (commit(), certify(), storm()):
                tasks.create_task(each)
        async with _stub(processes, "gateway") as gateway:
            await _check_keys(gateway, processes.keys["keys"], notes)
            await _check_events(gateway, processes.keys["events"], committed)
    finally:
        processes.stop()


def _entry(number: int) -> pb.AppendKeyEntryRequest:
    certificate = b"certificate %d" % number
    return pb.AppendKeyEntryRequest(tjeneste_id="bergen", certificate=certificate, purpose="case", status="valid")


async def _check_keys(gateway: "AuditServiceAsyncStub", key: VerifierKey, notes: list[str]) -> None:
    verified = await _read(gateway, "keys", key)
    expected = [KeyEntry.make("bergen", "case", "valid", b"certificate %d" % number) for number in range(len(notes))]
    assert [KeyEntry.decode(entry) for entry in verified.entries] == expected
    assert len(notes) > KILLS
    tree = Growth(0)
    for entry in verified.entries:
        tree.append(leaf_hash(entry))
    for note in notes:
        _check_beginning(open_checkpoint(note, key), verified.checkpoint, tree)


def _check_beginning(old: Checkpoint, new: Checkpoint, tree: Growth) -> None:
    verify_consistency(old.size, old.root, new.size, new.root, consistency_proof(old.size, new.size, tree.read))


async def _check_events(gateway: "AuditServiceAsyncStub", key: VerifierKey, committed: list[bytes]) -> None:
    async with asyncio.timeout(30):
        while True:
            verified = await _read(gateway, "events", key)
            logged = dict.fromkeys(verified.entries)
            if all(commitment in logged for commitment in committed):
                break
            await asyncio.sleep(0.1)
    assert len(committed) > KILLS
    assert len(logged) == len(verified.entries)
    assert len(verified.entries) % BATCH == 0


async def _read(gateway: "AuditServiceAsyncStub", log: str, key: VerifierKey) -> VerifiedLog:
    """The whole log, verified, file by file as the gateway serves it."""
    files: dict[str, bytes] = {}

    def fetch(path: str) -> bytes:
        if path not in files:
            raise NotFound(path)
        return files[path]

    while True:
        try:
            return verify_log(fetch, key)
        except NotFound as missing:
            request = pb.GetLogFileRequest(log=log, path=missing.detail)
            files[missing.detail] = (await gateway.GetLogFile(request, timeout=5)).content
