"""Keeps intake able to work alone: fetches certification, snapshot and labels while their makers are there, verifies
them, and holds them in its own database."""

from typing import TYPE_CHECKING

from libs.errors import SamvernError
from libs.loops.bell import Bell
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.values import Place
from libs.verification.statements import verified_snapshot
from libs.world import Clock
from samvern.directory.v1 import directory_pb2
from samvern.keys.v1 import keys_pb2
from samvern.routing.v1 import routing_pb2
from samvern.types.v1 import types_pb2 as types
from services.intake.addresses import Labels
from services.intake.receipt_key import ReceiptKey
from services.intake.store.contract import AddressStore, StoredLabel

if TYPE_CHECKING:
    from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub
    from samvern.keys.v1.keys_pb2_grpc import KeysServiceAsyncStub
    from samvern.routing.v1.routing_pb2_grpc import RoutingServiceAsyncStub

CALL_SECONDS = 10.0
MAX_PAGES = 100
"""Of 100 labels each; more than there can be places."""
ALARM_BELOW = 0.69
"""Of the certification's 37 days left: four and a half days after it was made, so three and a half without a renewal
that is due each day (P7), and half of what sending may go on for alone."""


class CertificationSync:
    """Renews the certification of the receipt key."""

    def __init__(
        self, stub: "KeysServiceAsyncStub", store: AddressStore, key: ReceiptKey, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._stub = stub
        self._store = store
        self._key = key
        self._clock = clock
        self._telemetry = telemetry
        self._left = telemetry.gauge("intake_certification_left_ratio", "Time left of the receipt key's certification.")

    async def step(self) -> bool:
        """The certification is new, in memory and in the store. An old one without a new one is an alarm."""
        try:
            request = keys_pb2.CertifyReceiptKeyRequest(public_key=self._key.public_key)
            response = await self._stub.CertifyReceiptKey(request, timeout=CALL_SECONDS)
            await self._store.keep_certification(self._key.renew(response.certification), self._clock.now())
        except SamvernError:
            self._alarm_if_old()
            raise
        self._alarm_if_old()
        return False

    def _alarm_if_old(self) -> None:
        left = self._key.life_left(self._clock.now())
        self._left.set(left)
        if left < ALARM_BELOW:
            self._telemetry.log.error("certification_not_renewed", valid_to=self._key.valid_to)


class SnapshotSync:
    """Fetches the directory's newest snapshot."""

    def __init__(
        self, stub: "DirectoryServiceAsyncStub", store: AddressStore, root: Root, clock: Clock, changed: Bell
    ) -> None:
        self._stub = stub
        self._store = store
        self._root = root
        self._clock = clock
        self._changed = changed

    async def step(self) -> bool:
        """The store holds the directory's newest snapshot."""
        known = await self._store.snapshot_version()
        request = directory_pb2.GetSnapshotRequest(known_version=known)
        response = await self._stub.GetSnapshot(request, timeout=CALL_SECONDS)
        if response.HasField("snapshot"):
            snapshot = verified_snapshot(response.snapshot, self._root)
            await self._store.keep_snapshot(snapshot.version, response.snapshot, self._clock.now())
            self._changed.ring()
        return False


class LabelSync:
    """Fetches the labels of every connected place."""

    def __init__(self, stub: "RoutingServiceAsyncStub", store: AddressStore, labels: Labels, clock: Clock) -> None:
        self._stub = stub
        self._store = store
        self._labels = labels
        self._clock = clock

    async def step(self) -> bool:
        """The store holds routing's labels, and none of places that routing no longer lists."""
        labels: dict[Place, StoredLabel] = {}
        request = routing_pb2.ListLabelsRequest()
        for _ in range(MAX_PAGES):
            response = await self._stub.ListLabels(request, timeout=CALL_SECONDS)
            page = [self._verified(label) for label in response.labels]
            if not page:
                break
            labels |= {each.place: each for each in page}
            last = page[-1].place
            after = types.Place(kommunenummer=str(last.kommune), bydelsnummer=str(last.bydel))
            request = routing_pb2.ListLabelsRequest(after=after)
        await self._store.keep_labels(list(labels.values()), self._clock.now())
        return False

    def _verified(self, statement: str) -> StoredLabel:
        label = self._labels.verified(statement)
        return StoredLabel(Place.parse(label.kommune.nummer, label.bydel.nummer), statement, label.directory_version)
