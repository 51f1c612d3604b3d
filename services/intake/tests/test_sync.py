"""Intake holds what it needs to work alone, and believes nobody who brings it."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest

from libs.errors import LabelRefused, StatementRefused, Unavailable
from libs.keystore import MemoryKeystore
from libs.loops.bell import Bell, Heard
from libs.statements import Typ, sign
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust, certify, new_key
from libs.testing.world import START, FakeClock
from libs.values import Place
from samvern.directory.v1 import directory_pb2
from samvern.keys.v1 import keys_pb2
from samvern.routing.v1 import routing_pb2
from services.intake.addresses import Labels
from services.intake.receipt_key import ReceiptKey
from services.intake.store.contract import StoredLabel
from services.intake.store.memory import MemoryStore
from services.intake.sync import CertificationSync, LabelSync, SnapshotSync
from services.intake.tests.test_service import snapshot_of

if TYPE_CHECKING:
    from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub
    from samvern.keys.v1.keys_pb2_grpc import KeysServiceAsyncStub
    from samvern.routing.v1.routing_pb2_grpc import RoutingServiceAsyncStub

BERGEN, OSLO = Place.parse("4601", "00"), Place.parse("0301", "01")


class Lines:
    """Telemetry whose lines can be read."""

    def __init__(self) -> None:
        self.text = b""
        self.telemetry = NoTelemetry(self._take)

    def _take(self, line: bytes) -> None:
        self.text += line


class Directory:
    """Gives one snapshot to who has an older one."""

    def __init__(self, version: int, snapshot: str) -> None:
        self._version = version
        self._snapshot = snapshot

    async def GetSnapshot(
        self, request: directory_pb2.GetSnapshotRequest, *, timeout: float
    ) -> directory_pb2.GetSnapshotResponse:
        if request.known_version >= self._version:
            return directory_pb2.GetSnapshotResponse()
        return directory_pb2.GetSnapshotResponse(snapshot=self._snapshot)


class Routing:
    """Gives one label a page."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels

    async def ListLabels(
        self, request: routing_pb2.ListLabelsRequest, *, timeout: float
    ) -> routing_pb2.ListLabelsResponse:
        later = [label for kommune, label in self._labels.items() if kommune > request.after.kommunenummer]
        return routing_pb2.ListLabelsResponse(labels=later[:1])


class Keys:
    """Certifies any key for a purpose and a time."""

    def __init__(self, trust: TestTrust, purpose: str = "receipt", valid: tuple[str, str] | None = None) -> None:
        self.trust = trust
        self.purpose = purpose
        self.valid = valid or ("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z")

    async def CertifyReceiptKey(
        self, request: keys_pb2.CertifyReceiptKeyRequest, *, timeout: float
    ) -> keys_pb2.CertifyReceiptKeyResponse:
        subject = new_key()
        subject = type(subject)(request.public_key, subject.sign)
        certified = await certify(self.trust.root_key, subject, self.purpose, *self.valid)
        return keys_pb2.CertifyReceiptKeyResponse(certification=certified.certification or "")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def step_snapshot(directory: Directory, store: MemoryStore, trust: TestTrust) -> Heard:
    changed = Bell()
    heard = changed.listen()
    stub = cast("DirectoryServiceAsyncStub", directory)
    await SnapshotSync(stub, store, trust.root, FakeClock(), changed).step()
    return heard


async def test_a_newer_snapshot_is_held(store: MemoryStore, trust: TestTrust, bergen: TestReceiver) -> None:
    statement = await sign(trust.snapshot, Typ.SNAPSHOT, snapshot_of(bergen).encode())
    assert (await step_snapshot(Directory(1, statement), store, trust)).is_rung
    assert (await store.snapshot_version(), await store.snapshot()) == (1, statement)
    assert not (await step_snapshot(Directory(1, "never asked for"), store, trust)).is_rung
    assert await store.snapshot() == statement


async def test_a_forged_snapshot_is_not_held(store: MemoryStore, trust: TestTrust, bergen: TestReceiver) -> None:
    statement = await sign((await TestTrust.new()).snapshot, Typ.SNAPSHOT, snapshot_of(bergen).encode())
    with pytest.raises(StatementRefused):
        await step_snapshot(Directory(1, statement), store, trust)
    assert await store.snapshot() is None


async def step_labels(labels: dict[str, str], store: MemoryStore, trust: TestTrust) -> None:
    stub = cast("RoutingServiceAsyncStub", Routing(labels))
    await LabelSync(stub, store, Labels(trust.root), FakeClock()).step()


async def test_all_pages_of_labels_are_held_and_no_others(
    store: MemoryStore, trust: TestTrust, bergen: TestReceiver, oslo: TestReceiver
) -> None:
    await store.keep_labels([StoredLabel(Place.parse("1103", "00"), "gone", 1)], START)
    labels = {"0301": await oslo.label(trust, "0301", "Oslo", "01"), "4601": await bergen.label(trust)}
    await step_labels(labels, store, trust)
    held = [await store.label(place) for place in (OSLO, BERGEN, Place.parse("1103", "00"))]
    assert held == [labels["0301"], labels["4601"], None]


async def test_one_forged_label_leaves_all_as_they_were(
    store: MemoryStore, trust: TestTrust, bergen: TestReceiver
) -> None:
    await store.keep_labels([StoredLabel(BERGEN, "held", 1)], START)
    with pytest.raises(LabelRefused):
        await step_labels({"4601": await bergen.label(await TestTrust.new())}, store, trust)
    assert await store.label(BERGEN) == "held"


async def step_certification(
    keys: Keys, key: ReceiptKey, store: MemoryStore, clock: FakeClock, telemetry: NoTelemetry
) -> None:
    await CertificationSync(cast("KeysServiceAsyncStub", keys), store, key, clock, telemetry).step()


async def test_a_certification_outlives_the_process_and_keys(store: MemoryStore, trust: TestTrust) -> None:
    keystore = MemoryKeystore()
    key = await ReceiptKey.open(keystore, trust.root, store)
    with pytest.raises(Unavailable, match="not certified yet"):
        key.signing()
    await step_certification(Keys(trust), key, store, FakeClock(), NoTelemetry())
    restarted = await ReceiptKey.open(keystore, trust.root, store)
    assert restarted.signing().certification == key.signing().certification


async def test_a_certification_of_another_purpose_or_root_is_refused(store: MemoryStore, trust: TestTrust) -> None:
    key = await ReceiptKey.open(MemoryKeystore(), trust.root, store)
    for keys in (Keys(trust, "label"), Keys(await TestTrust.new())):
        with pytest.raises(StatementRefused):
            await step_certification(keys, key, store, FakeClock(), NoTelemetry())
    assert await store.certification(key.kid) is None


async def test_half_a_life_without_renewal_is_an_alarm(store: MemoryStore, trust: TestTrust) -> None:
    lines, clock = Lines(), FakeClock()
    key = await ReceiptKey.open(MemoryKeystore(), trust.root, store)
    await step_certification(Keys(trust), key, store, clock, lines.telemetry)
    assert lines.text == b""
    clock.advance(timedelta(days=14).total_seconds())
    old = Keys(trust, valid=("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z"))
    await step_certification(old, key, store, clock, lines.telemetry)
    assert b"certification_not_renewed" in lines.text


async def test_a_lapsed_certification_still_signs(store: MemoryStore, trust: TestTrust) -> None:
    key = await ReceiptKey.open(MemoryKeystore(), trust.root, store)
    await step_certification(Keys(trust), key, store, FakeClock(), NoTelemetry())
    assert key.life_left(START + timedelta(days=100)) < 0
    assert key.signing().certification
