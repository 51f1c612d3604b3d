"""The surface, called over gRPC as the neighbours call it."""

from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from libs.errors import Malformed, NotFound, Overloaded
from libs.testing.rpc import assert_access, serving
from libs.tlog.checkpoint import open_checkpoint
from libs.tlog.hashes import leaf_hash
from libs.tlog.key_entry import KeyEntry
from libs.tlog.proofs import verify_consistency, verify_inclusion
from libs.tlog.verifier import VerifiedLog, verify_log
from samvern.audit.v1 import audit_pb2 as pb
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub, add_AuditServiceServicer_to_server
from services.audit.access import ACCESS
from services.audit.fake import FakeAudit

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["AuditService"]
CERTIFICATE = b"a certificate"


@pytest.fixture
def audit() -> FakeAudit:
    return FakeAudit()


@pytest.fixture
async def stubs(audit: FakeAudit, tmp_path: Path) -> AsyncIterator["dict[str, AuditServiceAsyncStub]"]:
    def register(server: object) -> None:
        add_AuditServiceServicer_to_server(audit, server)  # type: ignore[arg-type]

    async with (
        serving(tmp_path, access=ACCESS, register=register, services=[DESCRIPTOR.full_name]) as server,
        server.channel("service/directory") as directory,
        server.channel("service/gateway") as gateway,
        server.channel("service/intake") as intake,
    ):
        channels = {"directory": directory, "gateway": gateway, "intake": intake}
        yield {name: AuditServiceStub(channel) for name, channel in channels.items()}


def _entry(tjeneste_id: str = "bergen", **changed: str) -> pb.AppendKeyEntryRequest:
    fields = {"tjeneste_id": tjeneste_id, "purpose": "case", "status": "valid", **changed}
    return pb.AppendKeyEntryRequest(certificate=CERTIFICATE, **fields)


async def _verified(stub: "AuditServiceAsyncStub", audit: FakeAudit, log: str) -> VerifiedLog:
    """The whole log, read file by file as the gateway serves it."""
    files: dict[str, bytes] = {}
    while True:
        missing: list[str] = []

        def fetch(path: str, missing: list[str] = missing) -> bytes:
            if path not in files:
                missing.append(path)
                raise NotFound(path)
            return files[path]

        try:
            return verify_log(fetch, audit.keys["keys" if log == "keys" else "events"])
        except NotFound:
            request = pb.GetLogFileRequest(log=log, path=missing[0])
            files[missing[0]] = (await stub.GetLogFile(request, timeout=5)).content


async def test_each_method_lets_in_its_callers_only(audit: FakeAudit, tmp_path: Path) -> None:
    def register(server: object) -> None:
        add_AuditServiceServicer_to_server(audit, server)  # type: ignore[arg-type]

    await assert_access(tmp_path, DESCRIPTOR, ACCESS, register)


async def test_a_key_entry_stands_in_the_log_under_the_checkpoint_returned(
    stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit
) -> None:
    first = await stubs["directory"].AppendKeyEntry(_entry(), timeout=5)
    second = await stubs["directory"].AppendKeyEntry(_entry("oslo-gamle-oslo"), timeout=5)
    again = await stubs["directory"].AppendKeyEntry(_entry(), timeout=5)
    assert [first.index, second.index, again.index] == [0, 1, 0]
    assert open_checkpoint(second.checkpoint, audit.keys["keys"]).size == 2
    log = await _verified(stubs["gateway"], audit, "keys")
    expected = [KeyEntry.make(name, "case", "valid", CERTIFICATE) for name in ("bergen", "oslo-gamle-oslo")]
    assert [KeyEntry.decode(entry) for entry in log.entries] == expected


async def test_a_commitment_is_proven_to_be_in_the_log(
    stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit
) -> None:
    commitments = [bytes([number]) * 32 for number in range(1, 21)]
    await stubs["intake"].AppendCommitments(pb.AppendCommitmentsRequest(commitments=commitments), timeout=5)
    await audit.run_worker_once()
    await stubs["intake"].AppendCommitments(pb.AppendCommitmentsRequest(commitments=commitments[:3]), timeout=5)
    await audit.run_worker_once()
    log = await _verified(stubs["gateway"], audit, "events")
    assert len(log.entries) == 32
    for commitment in commitments:
        request = pb.ProveInclusionRequest(log="events", leaf_hash=leaf_hash(commitment))
        proof = await stubs["intake"].ProveInclusion(request, timeout=5)
        head = open_checkpoint(proof.checkpoint, audit.keys["events"])
        verify_inclusion(leaf_hash(commitment), proof.index, head.size, proof.path, head.root)


async def test_consistency_is_proven_between_two_checkpoints(
    stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit
) -> None:
    names = [f"tjeneste-{number}" for number in range(7)]
    notes = [(await stubs["directory"].AppendKeyEntry(_entry(name), timeout=5)).checkpoint for name in names]
    old, new = (open_checkpoint(note, audit.keys["keys"]) for note in (notes[2], notes[6]))
    request = pb.ProveConsistencyRequest(log="keys", from_size=old.size, to_size=new.size)
    proof = await stubs["gateway"].ProveConsistency(request, timeout=5)
    verify_consistency(old.size, old.root, new.size, new.root, proof.path)


async def test_only_the_checkpoint_can_change(stubs: "dict[str, AuditServiceAsyncStub]") -> None:
    await stubs["directory"].AppendKeyEntry(_entry(), timeout=5)
    expected = {"checkpoint": False, "tile/0/000.p/1": True, "tile/entries/000.p/1": True}
    for path, is_immutable in expected.items():
        answer = await stubs["gateway"].GetLogFile(pb.GetLogFileRequest(log="keys", path=path), timeout=5)
        assert answer.is_immutable is is_immutable


async def test_an_entry_that_is_not_signed_yet_is_not_served(
    stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit
) -> None:
    await stubs["directory"].AppendKeyEntry(_entry(), timeout=5)
    await audit._store.append_key_entry(b"not signed yet")
    for path in ("tile/0/000.p/2", "tile/entries/000.p/2", "tile/0/000", "tile/1/000.p/1"):
        with pytest.raises(NotFound):
            await stubs["gateway"].GetLogFile(pb.GetLogFileRequest(log="keys", path=path), timeout=5)
    inclusion = pb.ProveInclusionRequest(log="keys", leaf_hash=leaf_hash(b"not signed yet"))
    with pytest.raises(NotFound):
        await stubs["gateway"].ProveInclusion(inclusion, timeout=5)
    consistency = pb.ProveConsistencyRequest(log="keys", from_size=1, to_size=2)
    with pytest.raises(NotFound):
        await stubs["gateway"].ProveConsistency(consistency, timeout=5)


async def test_malformed_requests_are_refused(stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit) -> None:
    await audit.run_worker_once()
    directory, gateway = stubs["directory"], stubs["gateway"]
    calls: list[Awaitable[object]] = [
        directory.AppendKeyEntry(_entry("Bergen"), timeout=5),
        directory.AppendKeyEntry(_entry(purpose="print"), timeout=5),
        directory.AppendKeyEntry(_entry(status="lost"), timeout=5),
        directory.AppendCommitments(pb.AppendCommitmentsRequest(), timeout=5),
        directory.AppendCommitments(pb.AppendCommitmentsRequest(commitments=[bytes(31)]), timeout=5),
        directory.AppendCommitments(pb.AppendCommitmentsRequest(commitments=[bytes(32)] * 1001), timeout=5),
        gateway.GetLogFile(pb.GetLogFileRequest(log="other", path="checkpoint"), timeout=5),
        gateway.GetLogFile(pb.GetLogFileRequest(log="keys", path="../../etc"), timeout=5),
        gateway.GetLogFile(pb.GetLogFileRequest(log="keys", path="x" * 201), timeout=5),
        gateway.ProveInclusion(pb.ProveInclusionRequest(log="keys", leaf_hash=b"short"), timeout=5),
        gateway.ProveConsistency(pb.ProveConsistencyRequest(log="keys", from_size=2, to_size=1), timeout=5),
    ]
    for call in calls:
        with pytest.raises(Malformed):
            await call


async def test_before_the_first_checkpoint_nothing_is_found(stubs: "dict[str, AuditServiceAsyncStub]") -> None:
    with pytest.raises(NotFound):
        await stubs["gateway"].GetLogFile(pb.GetLogFileRequest(log="events", path="checkpoint"), timeout=5)


async def test_an_empty_log_has_a_checkpoint(stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit) -> None:
    await audit.run_worker_once()
    assert (await _verified(stubs["gateway"], audit, "events")).checkpoint.size == 0


async def test_the_fake_fails_as_it_is_told(stubs: "dict[str, AuditServiceAsyncStub]", audit: FakeAudit) -> None:
    audit.fail_with = Overloaded("as told", retry_after_seconds=3)
    with pytest.raises(Overloaded) as refusal:
        await stubs["intake"].AppendCommitments(pb.AppendCommitmentsRequest(commitments=[bytes(32)]), timeout=5)
    assert refusal.value.retry_after_seconds == 3
    audit.fail_with = None
    await stubs["intake"].AppendCommitments(pb.AppendCommitmentsRequest(commitments=[bytes(32)]), timeout=5)
    assert audit.commitments == [bytes(32)]
