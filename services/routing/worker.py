"""Keeps the shelf filled: takes newer snapshots from the directory, and has labels signed by keys before they are due.

Two loops, so that neither peer's absence stops the other's work. Nothing unverified reaches the shelf: a snapshot
that does not verify is not used, and a label is kept only if it says, signed, what was asked for.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from libs.errors import Malformed, NotConnected, StatementRefused
from libs.loops.bell import Bell
from libs.routing.book import Book
from libs.routing.label import label_for
from libs.statements import Root
from libs.statements.payloads import Label
from libs.telemetry.telemetry import Telemetry
from libs.values import Place
from libs.verification.statements import verified_label, verified_snapshot
from libs.world import Clock
from samvern.directory.v1 import directory_pb2
from samvern.keys.v1 import keys_pb2
from services.routing.shelf import Shelf, SignedLabel

if TYPE_CHECKING:
    from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub
    from samvern.keys.v1.keys_pb2_grpc import KeysServiceAsyncStub

SNAPSHOT_SECONDS = 10.0
SIGN_SECONDS = 10.0
BATCH = 100
"""As many labels as keys signs in one call."""


class Worker:
    """Does one bounded step at a time; libs/loops repeats them."""

    def __init__(
        self,
        shelf: Shelf,
        directory: "DirectoryServiceAsyncStub",
        keys: "KeysServiceAsyncStub",
        root: Root,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._shelf = shelf
        self._directory = directory
        self._keys = keys
        self._root = root
        self._clock = clock
        self._telemetry = telemetry
        self._version = telemetry.gauge("routing_snapshot_version", "Version of the snapshot in use.")
        self._due = telemetry.gauge("routing_labels_due", "Labels that are missing or to be renewed.")
        self.snapshot_turned = Bell()
        """Rung when a newer snapshot is in use: its labels are due."""

    async def pull_snapshot(self) -> bool:
        """The directory's newest snapshot is in use. False: there is nothing more to do at once.

        Raises our errors of the call, and StatementRefused for a snapshot that does not hold or goes back in time.
        """
        request = directory_pb2.GetSnapshotRequest(known_version=self._shelf.version)
        answer = await self._directory.GetSnapshot(request, timeout=SNAPSHOT_SECONDS)
        if not answer.HasField("snapshot"):
            return False
        book = Book(verified_snapshot(answer.snapshot, self._root))
        if book.snapshot.version <= self._shelf.version:
            raise StatementRefused(f"got snapshot {book.snapshot.version}, expected one after {self._shelf.version}")
        self._shelf.turn_to(book)
        self._version.set(book.snapshot.version)
        self._telemetry.log.info("snapshot_in_use", snapshot_version=book.snapshot.version)
        self.snapshot_turned.ring()
        return False

    async def sign_labels(self) -> bool:
        """Up to BATCH labels that were due are signed and at hand. True: more are due."""
        now = self._clock.now()
        due = self._shelf.due(now)
        self._due.set(len(due))
        wanted = self._wanted(due[:BATCH], now)
        if wanted:
            await self._sign(wanted, now)
            self._telemetry.log.info("labels_signed", count=len(wanted), snapshot_version=self._shelf.version)
        return len(due) > BATCH

    def _wanted(self, places: list[Place], now: datetime) -> dict[Place, Label]:
        wanted: dict[Place, Label] = {}
        for place in places:
            try:
                wanted[place] = label_for(self._shelf.book, place, now)
            except NotConnected as error:
                self._refuse(place, error, now)
        return wanted

    async def _sign(self, wanted: dict[Place, Label], now: datetime) -> None:
        try:
            await self._sign_together(wanted)
        except Malformed:
            # One label that keys refuses must not keep the others from being signed.
            for place, label in wanted.items():
                try:
                    await self._sign_together({place: label})
                except Malformed as error:
                    self._refuse(place, error, now)

    async def _sign_together(self, wanted: dict[Place, Label]) -> None:
        version = self._shelf.version
        request = keys_pb2.SignLabelsRequest(payloads=[label.encode() for label in wanted.values()])
        answer = await self._keys.SignLabels(request, timeout=SIGN_SECONDS)
        signed = [verified_label(statement, self._root) for statement in answer.labels]
        if signed != list(wanted.values()):
            raise StatementRefused("keys signed other labels than were asked for")
        if version == self._shelf.version:  # else the snapshot has turned meanwhile, and these labels are due again
            for (place, label), statement in zip(wanted.items(), answer.labels, strict=True):
                self._shelf.put(place, SignedLabel(statement, label))

    def _refuse(self, place: Place, error: Malformed | NotConnected, now: datetime) -> None:
        self._shelf.refuse(place, now)
        self._telemetry.log.failure(
            "label_refused", error, level="warning", kommune=str(place.kommune), bydel=str(place.bydel)
        )
