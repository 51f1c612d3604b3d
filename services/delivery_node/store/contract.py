"""What the node keeps, as questions. Postgres and an in-memory twin answer them alike (tests/test_store.py).

Every method is one transaction, may be repeated, and takes the time from its caller. Raised everywhere: Unavailable
(nothing was done) and OutcomeUnknown (repeat, or read). Methods named for a change are silent where it was made before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.statements.payloads import ProofKind, SequenceHead
from services.delivery_node.counting import EpochCount, Finding
from services.delivery_node.domain import Arrival, MeldingNumber
from services.delivery_node.facts import AccessEntry, DueProof, Listed


@dataclass(frozen=True, slots=True)
class DueFetch:
    """A melding that lacks its bytes, and how often they could not be had."""

    arrival: Arrival
    attempts: int


@dataclass(frozen=True, slots=True)
class NotedFinding:
    """A finding that stands."""

    finding: Finding
    which: MeldingNumber
    first_at: datetime
    last_at: datetime
    times: int


class HeadStore(Protocol):
    """Heads, counts, and what people should hear of."""

    async def remember_heads(self, arrivals: Sequence[Arrival], now: datetime) -> list[MeldingNumber]:
        """Stores what is new; gives the numbers under which, or whose melding, something else is stored already."""
        ...

    async def counts(self) -> list[EpochCount]:
        """One per epoch that is known from heads or sequence heads, oldest first."""
        ...

    async def missing(self, limit: int) -> list[MeldingNumber]:
        """The first numbers that were announced, or lie below a stored one, and whose heads are not stored."""
        ...

    async def sequence_head(self, epoch: int) -> SequenceHead | None:
        """The newest one of the epoch."""
        ...

    async def keep_sequence_head(self, head: SequenceHead, statement: str, now: datetime) -> None:
        """Replaces the epoch's."""
        ...

    async def note(self, finding: Finding, which: MeldingNumber, now: datetime) -> None:
        """The finding stands, once more counted. MeldingNumber(0, 0) where it is about none."""
        ...


class BytesStore(Protocol):
    """Sealed bytes."""

    async def due_fetches(self, now: datetime, limit: int) -> list[DueFetch]:
        """What lacks its bytes and may be fetched now, oldest claim first."""
        ...

    async def hurry_fetches(self, now: datetime) -> None:
        """Whatever lacks its bytes may be fetched now: the centre is back."""
        ...

    async def postpone_fetch(self, which: MeldingNumber, until: datetime) -> None:
        """Not to be fetched before; counted as an attempt."""
        ...

    async def commit_bytes(self, which: MeldingNumber, sealed: Sequence[bytes], now: datetime) -> None:
        """The sealed parts are durable, and a proof of it is due."""
        ...

    async def read_back(self, numbers: Sequence[MeldingNumber]) -> dict[MeldingNumber, tuple[bytes, ...]]:
        """The sealed parts as they are read on a connection opened for this; absent where there are none."""
        ...

    async def discard_bytes(self, which: MeldingNumber, until: datetime) -> None:
        """The sealed parts are gone and are to be fetched again, unless a proof was signed."""
        ...


class ProofStore(Protocol):
    """What the centre is owed a proof of."""

    async def due_signatures(self, limit: int) -> list[DueProof]:
        """Facts whose proof is not signed, in order of number and PROOF_ORDER."""
        ...

    async def keep_proofs(self, statements: Mapping[tuple[MeldingNumber, ProofKind], str], now: datetime) -> None:
        """The signed proofs are durable; the first one of a fact stays. With "stored" the melding is in the inbox."""
        ...

    async def due_sendings(self, now: datetime, limit: int) -> list[DueProof]:
        """Signed proofs that delivery has not acknowledged, in order of number and PROOF_ORDER."""
        ...

    async def hurry_sendings(self, now: datetime) -> None:
        """Whatever is not acknowledged may be sent now: the centre is back."""
        ...

    async def acknowledge(self, proofs: Sequence[tuple[MeldingNumber, ProofKind]], now: datetime) -> None:
        """Delivery has them."""
        ...

    async def postpone_sending(self, which: MeldingNumber, kind: ProofKind, until: datetime) -> None:
        """Not to be sent before; counted as an attempt."""
        ...


class InboxStore(Protocol):
    """What people ask."""

    async def inbox(self, limit: int, before: MeldingNumber | None = None) -> list[Listed]:
        """Meldinger, newest number first, below `before`."""
        ...

    async def on_its_way(self) -> int:
        """How many are known and not proven stored yet."""
        ...

    async def find(self, which: MeldingNumber) -> Listed:
        """The melding. Raises NotFound."""
        ...

    async def sealed_parts(self, which: MeldingNumber) -> tuple[bytes, ...]:
        """Its sealed parts in order. Raises NotFound for one that is not proven stored."""
        ...

    async def log_access(self, entry: AccessEntry) -> None:
        """The entry is durable. Raises NotFound where there is no such melding."""
        ...

    async def mark_opened(self, which: MeldingNumber, at: datetime) -> None:
        """It is opened, since the first time, and a proof of it is due."""
        ...

    async def confirm(self, entry: AccessEntry) -> None:
        """The entry is durable, the melding confirmed since the first time, a proof due. Raises NotFound."""
        ...

    async def access_list(self, which: MeldingNumber) -> list[AccessEntry]:
        """Who did what to it, newest first."""
        ...

    async def findings(self) -> list[NotedFinding]:
        """What stands, by code and number."""
        ...


class Store(HeadStore, BytesStore, ProofStore, InboxStore, Protocol):
    """All of it."""
