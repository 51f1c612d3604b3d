"""Labels and snapshot as intake believes them: verified from the pinned root, whoever brought them."""

from collections import OrderedDict

from libs.errors import LabelRefused, NotConnected, NotFound, StatementRefused, Unavailable
from libs.routing.book import Book
from libs.routing.resolve import Outcome, resolve
from libs.statements import Root
from libs.statements.payloads import Label
from libs.values import Place
from libs.verification.proofs import ProofKeys
from libs.verification.statements import verified_label, verified_snapshot
from services.intake.store.contract import AddressStore

MAX_REMEMBERED = 1_000
"""Labels whose verification is remembered; a national directory has some 400 places."""


class Labels:
    """Verifies labels that senders bring, each text once for as long as it is remembered."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._verified: OrderedDict[str, Label] = OrderedDict()

    def verified(self, statement: str) -> Label:
        """What the label says. Raises LabelRefused unless it is authentic; its end is for the caller to compare."""
        label = self._verified.get(statement)
        if label is not None:
            self._verified.move_to_end(statement)
            return label
        try:
            label = verified_label(statement, self._root)
        except StatementRefused as error:
            raise LabelRefused(f"the address label is not authentic: {error.detail}") from error
        self._verified[statement] = label
        if len(self._verified) > MAX_REMEMBERED:
            self._verified.popitem(last=False)
        return label


class Directory:
    """The snapshot that the store holds, read into memory once for each version."""

    def __init__(self, store: AddressStore, root: Root) -> None:
        self._store = store
        self._root = root
        self._book: Book | None = None
        self._proof_keys: ProofKeys | None = None

    async def label(self, place: Place) -> str:
        """The stored label of a place, which may be named by an old number.

        Raises NotFound (no such place, or one that must be chosen more closely), NotConnected, Unavailable.
        """
        label = await self._store.label(place)
        if label is None:
            label = await self._store.label(await self._receiving(place))
        if label is None:
            raise Unavailable("the place is connected, but intake holds no label of it yet", retry_after_seconds=2)
        return label

    async def _receiving(self, place: Place) -> Place:
        resolution = resolve(await self.book(), place.kommune, place.bydel)
        if resolution.outcome is Outcome.NOT_CONNECTED:
            raise NotConnected(f"no barnevernstjeneste is connected for {resolution.place}")
        if resolution.outcome is not Outcome.CONNECTED or resolution.place is None:
            raise NotFound(f"{place} is not one place of today: {resolution.outcome.value}")
        return resolution.place

    async def book(self) -> Book:
        """The newest snapshot that is held. Raises Unavailable when there is none yet."""
        version = await self._store.snapshot_version()
        if self._book is None or self._book.snapshot.version < version:
            statement = await self._store.snapshot()
            if statement is None:
                raise Unavailable("intake holds no snapshot of the directory yet", retry_after_seconds=2)
            self._book = Book(verified_snapshot(statement, self._root))
            self._proof_keys = ProofKeys(self._book.snapshot)
        return self._book

    async def proof_keys(self) -> ProofKeys:
        """The proof keys that the newest snapshot names. Raises Unavailable when there is none yet."""
        await self.book()
        assert self._proof_keys is not None, "made with the book"
        return self._proof_keys
