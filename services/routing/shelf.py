"""The labels at hand, in memory, and which of them are due. Nothing here is lost with the process: the snapshot is the
directory's, and labels can be signed again.

A label is renewed at half its fresh time, and at once when the snapshot changes. While keys is away the old ones stay:
stale, yet authentic. One whose tjeneste or certificates are no longer the directory's is taken down at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.errors import NotConnected, Unavailable
from libs.routing.book import Book
from libs.routing.label import FRESH_FOR
from libs.statements.payloads import Label, moment
from libs.values import Place

RENEW_AFTER = FRESH_FOR / 2
ASK_AGAIN_AFTER = timedelta(hours=1)
"""A label that keys refused is asked for again after this, or with the next snapshot."""
PAGE = 100
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SignedLabel:
    """A label as signed, and what it says."""

    statement: str
    label: Label


class Shelf:
    """One snapshot and the signed labels of its places."""

    def __init__(self) -> None:
        self._book: Book | None = None
        self._labels: dict[Place, SignedLabel] = {}
        self._refused_at: dict[Place, datetime] = {}

    @property
    def version(self) -> int:
        """Version of the snapshot in use; 0: none yet."""
        return self._book.snapshot.version if self._book is not None else 0

    @property
    def book(self) -> Book:
        """The snapshot in use. Raises Unavailable while there is none."""
        if self._book is None:
            raise Unavailable("no directory snapshot yet", retry_after_seconds=RETRY_SECONDS)
        return self._book

    def turn_to(self, book: Book) -> None:
        """The newer snapshot is in use; labels that it contradicts are gone."""
        self._book = book
        self._refused_at.clear()
        self._labels = {place: each for place, each in self._labels.items() if _still_true(book, place, each.label)}

    def due(self, now: datetime) -> list[Place]:
        """Places whose label is missing, of an older snapshot or half stale; those without any label first."""
        if self._book is None:
            return []
        due = [place for place in self._book.served_places if self._is_due(place, now)]
        return sorted(due, key=lambda place: place in self._labels)

    def put(self, place: Place, signed: SignedLabel) -> None:
        """The label is at hand."""
        self._labels[place] = signed
        self._refused_at.pop(place, None)

    def refuse(self, place: Place, now: datetime) -> None:
        """The place cannot have a label now, and is not asked for again soon."""
        self._refused_at[place] = now

    def label(self, place: Place, now: datetime) -> str:
        """The label of a served place. Raises Unavailable before it is signed, NotConnected when it cannot be."""
        signed = self._labels.get(place)
        if signed is not None and now < moment(signed.label.accept_until):
            return signed.statement
        if place in self._refused_at:
            raise NotConnected(f"the tjeneste of {place} has no certificate to seal to")
        raise Unavailable(f"the label of {place} is not signed yet", retry_after_seconds=RETRY_SECONDS)

    def page(self, after: Place | None, now: datetime) -> list[str]:
        """At most PAGE labels in order of place. Raises Unavailable until every label that can be signed is at hand."""
        places = self.book.served_places
        if any(place not in self._labels and place not in self._refused_at for place in places):
            raise Unavailable("some labels are not signed yet", retry_after_seconds=RETRY_SECONDS)
        at_hand = [
            self._labels[place] for place in places if place in self._labels and (after is None or place > after)
        ]
        return [each.statement for each in at_hand if now < moment(each.label.accept_until)][:PAGE]

    def _is_due(self, place: Place, now: datetime) -> bool:
        refused_at = self._refused_at.get(place)
        if refused_at is not None:
            return now >= refused_at + ASK_AGAIN_AFTER
        signed = self._labels.get(place)
        return (
            signed is None
            or signed.label.directory_version != self.version
            or now >= moment(signed.label.issued_at) + RENEW_AFTER
        )


def _still_true(book: Book, place: Place, label: Label) -> bool:
    tjeneste = book.tjeneste(place)
    return tjeneste is not None and (tjeneste.id, tjeneste.certificates) == (label.tjeneste.id, label.certificates)
