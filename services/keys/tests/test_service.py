"""The service over a real server: what it signs verifies, what it refuses is told, and who may ask for what."""

from collections.abc import AsyncIterator
from dataclasses import replace as replace_field
from pathlib import Path
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from libs.errors import Malformed, Precondition, Unavailable
from libs.keystore import MemoryKeystore
from libs.statements import SigningKey, Typ, sign, verify
from libs.statements.payloads import Certification, decode
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.rpc import TestServer, assert_access, serving
from libs.testing.trust import new_key
from libs.testing.world import FakeClock
from libs.tlog.checkpoint import Checkpoint, open_checkpoint
from libs.tlog.hashes import leaf_hash, node_hash
from samvern.keys.v1 import keys_pb2 as pb
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub, add_KeysServiceServicer_to_server
from services.keys.access import ACCESS
from services.keys.fake import ORIGINS, FakeKeys, SignedTreesInMemory
from services.keys.keyring import LogKey, open_keyring, provision
from services.keys.service import NAME, KeysService
from services.keys.tests.conftest import Payloads

SECONDS = 5
ONE, TWO = leaf_hash(b"1"), leaf_hash(b"2")


@pytest.fixture
async def keys() -> FakeKeys:
    return await FakeKeys.new(FakeClock())


@pytest.fixture
async def server(keys: FakeKeys, tmp_path: Path) -> AsyncIterator[TestServer]:
    def register(server: object) -> None:
        add_KeysServiceServicer_to_server(keys, server)  # type: ignore[arg-type]

    async with serving(tmp_path, access=ACCESS, register=register, services=[NAME]) as server:
        yield server


async def test_a_snapshot_is_signed_as_it_came_and_the_same_each_time(
    keys: FakeKeys, server: TestServer, payloads: Payloads
) -> None:
    request = pb.SignSnapshotRequest(payload=payloads.snapshot.encode())

    async with server.channel("service/directory") as channel:
        stub = KeysServiceStub(channel)
        answers = [await stub.SignSnapshot(request, timeout=SECONDS) for _ in range(2)]

    assert answers[0] == answers[1]
    assert verify(answers[0].snapshot, Typ.SNAPSHOT, keys.root, at=FakeClock().now()) == request.payload


async def test_labels_are_signed_in_the_order_asked(keys: FakeKeys, server: TestServer, payloads: Payloads) -> None:
    sent = [replace(payloads.label, directory_version=version).encode() for version in (3, 1, 2)]

    async with server.channel("service/routing") as channel:
        answer = await KeysServiceStub(channel).SignLabels(pb.SignLabelsRequest(payloads=sent), timeout=SECONDS)

    assert [verify(label, Typ.LABEL, keys.root, at=FakeClock().now()) for label in answer.labels] == sent


async def test_one_bad_label_has_nothing_signed(server: TestServer, payloads: Payloads) -> None:
    request = pb.SignLabelsRequest(payloads=[payloads.label.encode(), b"{}"])

    async with server.channel("service/routing") as channel:
        with pytest.raises(Malformed, match="what a Label must say"):
            await KeysServiceStub(channel).SignLabels(request, timeout=SECONDS)


async def test_a_certified_receipt_key_signs_receipts_and_nothing_else(keys: FakeKeys, server: TestServer) -> None:
    intake = new_key()

    async with server.channel("service/intake") as channel:
        request = pb.CertifyReceiptKeyRequest(public_key=intake.public_key)
        answer = await KeysServiceStub(channel).CertifyReceiptKey(request, timeout=SECONDS)

    certified = SigningKey(intake.public_key, intake.sign, answer.certification)
    for typ in (Typ.RECEIPT, Typ.SEQUENCE_HEAD):
        assert verify(await sign(certified, typ, b"payload"), typ, keys.root, at=FakeClock().now()) == b"payload"
    certification = decode(verify(answer.certification, Typ.CERTIFICATION, keys.root), Certification)
    assert certification.purpose == "receipt"
    assert answer.valid_to.ToJsonString() == certification.valid_to == "2026-12-22T09:00:00Z"


async def test_a_checkpoint_is_signed_with_the_key_of_its_log_and_grows_only(
    keys: FakeKeys, server: TestServer
) -> None:
    root = node_hash(ONE, TWO)
    first = pb.SignCheckpointRequest(log="events", size=1, root=ONE)
    second = pb.SignCheckpointRequest(log="events", size=2, root=root, consistency=[TWO], last_signed_size=1)
    fork = pb.SignCheckpointRequest(
        log="events", size=2, root=node_hash(ONE, ONE), consistency=[ONE], last_signed_size=1
    )

    async with server.channel("service/audit") as channel:
        stub = KeysServiceStub(channel)
        await stub.SignCheckpoint(first, timeout=SECONDS)
        answers = [await stub.SignCheckpoint(second, timeout=SECONDS) for _ in range(2)]
        for refused in (first, fork):
            with pytest.raises(Precondition):
                await stub.SignCheckpoint(refused, timeout=SECONDS)

    assert answers[0] == answers[1]
    checkpoint = Checkpoint("samvern.example/log/events", 2, root)
    assert open_checkpoint(answers[0].checkpoint, keys.verifier_keys["events"]) == checkpoint


async def test_a_death_between_remembering_and_signing_costs_a_repetition_and_never_a_second_history() -> None:
    clock, trees, keystore = FakeClock(), SignedTreesInMemory(), MemoryKeystore()
    _, certifications = await provision(keystore, clock.now(), None)
    whole = await open_keyring(keystore, certifications, ORIGINS, clock.now())

    async def die(message: bytes) -> bytes:
        raise Unavailable("the keystore is away")

    log = whole.logs["keys"]
    broken = replace_field(whole, logs={"keys": LogKey(log.verifier, SigningKey(log.signing.public_key, die))})
    asked, other = (pb.SignCheckpointRequest(log="keys", size=1, root=root) for root in (ONE, TWO))
    with pytest.raises(Unavailable):
        await KeysService(broken, trees, clock, NoTelemetry()).SignCheckpoint(asked, Mock())

    again = KeysService(whole, trees, clock, NoTelemetry())
    with pytest.raises(Precondition):
        await again.SignCheckpoint(other, Mock())
    checkpoint = open_checkpoint((await again.SignCheckpoint(asked, Mock())).checkpoint, log.verifier)
    assert (checkpoint.size, checkpoint.root) == (1, ONE)


@pytest.mark.parametrize(
    "request_",
    [
        pb.SignCheckpointRequest(log="other", size=1, root=ONE),
        pb.SignCheckpointRequest(log="keys", size=1, root=b"short"),
        pb.SignCheckpointRequest(log="keys", size=2**63, root=ONE),
        pb.SignCheckpointRequest(log="keys", size=1, root=ONE, consistency=[b"short"]),
        pb.SignCheckpointRequest(log="keys", size=1, root=ONE, consistency=[ONE] * 129),
    ],
)
async def test_a_malformed_checkpoint_is_refused(server: TestServer, request_: pb.SignCheckpointRequest) -> None:
    async with server.channel("service/audit") as channel:
        with pytest.raises(Malformed):
            await KeysServiceStub(channel).SignCheckpoint(request_, timeout=SECONDS)


async def test_sizes_beyond_the_limits_are_refused(server: TestServer) -> None:
    async with (
        server.channel("service/directory") as directory,
        server.channel("service/routing") as routing,
        server.channel("service/intake") as intake,
    ):
        large = pb.SignSnapshotRequest(payload=bytes(4 * 1024 * 1024 + 1))
        with pytest.raises(Malformed):
            await KeysServiceStub(directory).SignSnapshot(large, timeout=SECONDS)
        for payloads in ([], [b"{}"] * 101, [bytes(17_000)], [b""]):
            with pytest.raises(Malformed):
                await KeysServiceStub(routing).SignLabels(pb.SignLabelsRequest(payloads=payloads), timeout=SECONDS)
        for key in (b"", bytes(33)):
            with pytest.raises(Malformed):
                await KeysServiceStub(intake).CertifyReceiptKey(
                    pb.CertifyReceiptKeyRequest(public_key=key), timeout=SECONDS
                )


async def test_the_fake_fails_when_told(keys: FakeKeys, server: TestServer) -> None:
    keys.failure = Unavailable("away")

    async with server.channel("service/intake") as channel:
        with pytest.raises(Unavailable, match="away"):
            await KeysServiceStub(channel).CertifyReceiptKey(pb.CertifyReceiptKeyRequest(), timeout=SECONDS)


async def test_each_caller_reaches_its_own_signature_and_no_other(keys: FakeKeys, tmp_path: Path) -> None:
    descriptor = pb.DESCRIPTOR.services_by_name["KeysService"]

    await assert_access(tmp_path, descriptor, ACCESS, lambda server: add_KeysServiceServicer_to_server(keys, server))
