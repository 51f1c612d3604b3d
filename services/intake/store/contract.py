"""What intake asks of its store. Two fulfil it under one suite: PostgreSQL, and memory for simulation.

Everything raises Unavailable when the store is away and OutcomeUnknown when the answer to a commit was lost. Lists are
ordered as told. `at` is the caller's time.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.sealing.digest import PartDigest
from libs.statements.payloads import ProofKind
from libs.values import Digest, MeldingId, Place, TjenesteId
from services.intake.numbering import Candidate, Counter, New, Standing, Verdict


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new melding with its receipt, ready to be written."""

    new: New
    receipt: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of a group: the verdicts in its order, and what is to be written."""

    verdicts: tuple[Verdict, ...]
    accepted: tuple[Accepted, ...]


Decide = Callable[[Standing], Awaitable[Decision]]


@dataclass(frozen=True, slots=True)
class EventMelding:
    """A melding without its bytes, as its event tells it."""

    melding_id: MeldingId
    receiver: TjenesteId
    epoch: int
    number: int
    digest: Digest
    receipt: str
    parts: tuple[PartDigest, ...]
    traceparent: str


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the outbox: either a melding or a sequence head."""

    position: int
    salt: bytes
    melding: EventMelding | None
    sequence_head: str | None

    @property
    def statement(self) -> str:
        """The signed statement of the event: receipt or sequence head."""
        statement = self.melding.receipt if self.melding is not None else self.sequence_head
        assert statement is not None, "the table's constraint: one of the two"
        return statement


@dataclass(frozen=True, slots=True)
class HeldPart:
    """A sealed part whose bytes are held, and the first of them."""

    part: PartDigest
    first: bytes


@dataclass(frozen=True, slots=True)
class MeldingKey:
    """What a proof must agree with."""

    receiver: TjenesteId
    epoch: int
    number: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """A node's proof that was found to be true."""

    melding_id: MeldingId
    kind: ProofKind
    proof: str
    proven_at: datetime


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """What a lookup id leads to, before the access token is compared."""

    melding_id: MeldingId
    access_token_hash: bytes
    receipt: str
    received_at: datetime
    is_copied: bool
    is_stored: bool
    is_erased: bool


@dataclass(frozen=True, slots=True)
class DueHead:
    """A receiver whose sequence head is due, with its counter while nobody else can number."""

    receiver: TjenesteId
    counter: Counter


class AcceptStore(Protocol):
    """Whatever needs a number: meldinger and sequence heads."""

    async def accept(self, group: Sequence[Candidate], decide: Decide) -> Decision:
        """The decision, its accepted meldinger committed and durable in one transaction.

        `decide` is awaited while nobody else can number, perhaps more than once. An exception of its own, or of the
        database about a row, leaves nothing written and is raised.
        """
        ...

    async def append_heads(
        self,
        due_before: datetime,
        limit: int,
        at: datetime,
        make: Callable[[DueHead], Awaitable[tuple[str, bytes]]],
    ) -> int:
        """How many receivers whose last head is older than `due_before` got one (statement and salt) in the outbox."""
        ...


class OutboxStore(Protocol):
    """What delivery and audit are told, and the bytes they may ask for."""

    async def list_events(self, after_position: int, limit: int) -> list[Event]:
        """Events after a position, oldest first, without gaps."""
        ...

    async def list_parts(self, melding_id: MeldingId, first_bytes: int) -> list[HeldPart]:
        """The parts whose bytes are held, in order, each with that many of them; empty when unknown or erased."""
        ...

    async def read_part(self, melding_id: MeldingId, part_index: int, offset: int, length: int) -> bytes | None:
        """A stretch of a part's sealed bytes; None when they are not held."""
        ...

    async def cursor(self, name: str) -> int:
        """How far the loop has come; 0 at first."""
        ...

    async def move_cursor(self, name: str, position: int) -> None:
        """The loop has come at least this far."""
        ...


class ProgressStore(Protocol):
    """What became of a melding after it was accepted."""

    async def find_meldinger(self, melding_ids: Sequence[MeldingId]) -> Mapping[MeldingId, MeldingKey]:
        """Those of the ids that were accepted."""
        ...

    async def record_copies(self, melding_ids: Sequence[MeldingId], at: datetime) -> None:
        """Delivery holds a copy of each. The first time counts."""
        ...

    async def record_proofs(self, proofs: Sequence[VerifiedProof], at: datetime) -> None:
        """Each is kept, unless the melding has one of its kind already."""
        ...

    async def erase_bytes(self, limit: int, at: datetime) -> int:
        """How many meldinger, copied and proven stored, lost their bytes here now; their rows stay."""
        ...

    async def find_status(self, lookup_id: bytes) -> list[StatusEntry]:
        """At most 4 entries, oldest first."""
        ...

    async def list_proofs(self, melding_id: MeldingId) -> list[VerifiedProof]:
        """The proofs of a melding by the node's time, then kind."""
        ...


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """An address label in the form it is served."""

    place: Place
    label: str
    directory_version: int


@dataclass(frozen=True, slots=True)
class StoredCertification:
    """The certification of a receipt key."""

    kid: str
    certification: str
    valid_to: datetime


class AddressStore(Protocol):
    """Statements of others that intake holds so that it needs none of them."""

    async def snapshot_version(self) -> int:
        """Version of the snapshot held; 0 when there is none."""
        ...

    async def snapshot(self) -> str | None:
        """The snapshot held."""
        ...

    async def keep_snapshot(self, version: int, snapshot: str, at: datetime) -> None:
        """The snapshot is held unless a newer one is."""
        ...

    async def label(self, place: Place) -> str | None:
        """The newest label of a place, in today's numbers."""
        ...

    async def keep_labels(self, labels: Sequence[StoredLabel], at: datetime) -> None:
        """These labels are held and no others."""
        ...

    async def certification(self, kid: str) -> StoredCertification | None:
        """The newest certification of a key."""
        ...

    async def keep_certification(self, certification: StoredCertification, at: datetime) -> None:
        """The certification is held, unless one that ends later is."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """All of it."""

    accepting: AcceptStore
    outbox: OutboxStore
    progress: ProgressStore
    addresses: AddressStore
