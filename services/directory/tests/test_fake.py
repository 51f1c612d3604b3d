"""The fake serves snapshots as the real directory does: one suite over both."""

from typing import Any, Protocol, cast

import pytest

from libs.errors import AccessDenied, Unavailable
from libs.statements import Typ, peek, sign
from libs.statements.payloads import decode
from libs.statements.snapshot import Snapshot
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.trust import TestTrust
from libs.testing.world import FakeClock
from samvern.directory.v1 import directory_pb2 as pb
from services.directory.fake import FakeDirectory
from services.directory.publisher import Publisher
from services.directory.service import DirectoryService
from services.directory.store import Store
from services.directory.tables import Tables
from services.directory.worker import Worker

NOBODY = cast("Any", None)


class Subject(Protocol):
    """A directory, and how to give it something new to say."""

    @property
    def servicer(self) -> FakeDirectory | DirectoryService:
        """Answers."""

    async def publish(self) -> None:
        """The next version is published."""


class Fake:
    """The fake."""

    def __init__(self, trust: TestTrust) -> None:
        self.servicer = FakeDirectory()
        self._trust = trust
        self._version = 0

    async def publish(self) -> None:
        """See Subject."""
        self._version += 1
        snapshot = Snapshot(
            version=self._version,
            issued_at="2026-11-22T09:00:00Z",
            kommuner=(),
            endringer=(),
            postnummer=(),
            bydeler=(),
            tjenester=(),
        )
        self.servicer.publish(await sign(self._trust.snapshot, Typ.SNAPSHOT, snapshot.encode()))


class Real:
    """The real one, over PostgreSQL; a day later it has a new snapshot."""

    def __init__(self, store: Store, tables: Tables, trust: TestTrust) -> None:
        self._clock = FakeClock()
        self._trust = trust
        publisher = Publisher(store, self, trust.root, self._clock, NoTelemetry())
        self._worker = Worker(store, publisher, tables, self._clock, NoTelemetry())
        self.servicer = DirectoryService(store, publisher, cast("Any", None), self._clock)

    async def publish(self) -> None:
        """See Subject."""
        await self._worker.step()
        self._clock.advance(25 * 3600)

    async def sign_snapshot(self, payload: bytes) -> str:
        """As keys would."""
        return await sign(self._trust.snapshot, Typ.SNAPSHOT, payload)


@pytest.fixture(params=["fake", "real"])
async def subject(request: pytest.FixtureRequest, store: Store, tables: Tables) -> Subject:
    trust = await TestTrust.new()
    return Fake(trust) if request.param == "fake" else Real(store, tables, trust)


async def version_after(subject: Subject, known: int) -> int | None:
    answer = await subject.servicer.GetSnapshot(pb.GetSnapshotRequest(known_version=known), NOBODY)
    return decode(peek(answer.snapshot), Snapshot).version if answer.HasField("snapshot") else None


async def test_before_the_first_snapshot_the_directory_is_unavailable(subject: Subject) -> None:
    with pytest.raises(Unavailable) as refused:
        await version_after(subject, 0)
    assert refused.value.retry_after_seconds == 1


async def test_a_caller_gets_what_is_newer_than_its_own(subject: Subject) -> None:
    await subject.publish()
    assert await version_after(subject, 0) == 1
    assert await version_after(subject, 1) is None
    await subject.publish()
    assert await version_after(subject, 1) == 2
    assert await version_after(subject, 9) is None


async def test_the_fake_fails_when_told() -> None:
    fake = FakeDirectory()
    fake.fail_with = AccessDenied("not you")
    with pytest.raises(AccessDenied):
        await fake.GetSnapshot(pb.GetSnapshotRequest(), NOBODY)
