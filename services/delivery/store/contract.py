"""What delivery asks of its store. Two fulfil it under one suite: PostgreSQL, and memory for simulation.

Each method is one transaction and safe to repeat. Everything raises Unavailable when the store is away and
OutcomeUnknown when the answer to a commit was lost.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.statements.payloads import ProofKind
from libs.values import Digest, MeldingId, TjenesteId
from services.delivery.domain import Head, Number, SequenceHeadEvent


@dataclass(frozen=True, slots=True)
class Registered:
    """A head to register, with the salt of its commitment."""

    head: Head
    salt: bytes


@dataclass(frozen=True, slots=True)
class Copied:
    """A melding whose copy intake shall know of."""

    melding_id: MeldingId
    digest: Digest


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A verified proof."""

    melding_id: MeldingId
    kind: ProofKind
    statement: str


@dataclass(frozen=True, slots=True)
class ToAudit:
    """What the event log shall have a commitment to. `kind` None is the copying of the melding itself."""

    melding_id: MeldingId
    kind: ProofKind | None
    salt: bytes
    statement: str


class IntakeStore(Protocol):
    """What delivery takes from intake and tells it."""

    async def cursor(self) -> int:
        """The last registered position of intake's outbox."""
        ...

    async def register(
        self, heads: Sequence[Registered], sequence_heads: Sequence[SequenceHeadEvent], position: int, at: datetime
    ) -> None:
        """The events are registered and the cursor stands at least at `position`."""
        ...

    async def list_to_copy(self, at: datetime, limit: int) -> list[Head]:
        """Heads without their bytes that may be tried now, by position."""
        ...

    async def insert_copies(self, copies: Sequence[tuple[MeldingId, Sequence[bytes]]], at: datetime) -> None:
        """The sealed parts of each are held here."""
        ...

    async def postpone_copy(self, melding_id: MeldingId, retry_at: datetime) -> None:
        """The melding is not tried again before `retry_at`; its head is offered from now on."""
        ...

    async def list_to_report(self, limit: int) -> list[Copied]:
        """Copies that intake does not know of, by position."""
        ...

    async def mark_reported(self, melding_ids: Sequence[MeldingId], at: datetime) -> None:
        """Intake knows of these copies."""
        ...

    async def list_to_forward(self, at: datetime, limit: int) -> list[ProofRow]:
        """Proofs that intake does not have and that are due, oldest first."""
        ...

    async def mark_forwarded(self, proofs: Sequence[ProofRow]) -> None:
        """Intake has these proofs."""
        ...

    async def postpone_forward(self, proof: ProofRow, forward_at: datetime) -> None:
        """The proof is not given to intake before `forward_at`."""
        ...


class NodeStore(Protocol):
    """What nodes ask for and bring."""

    async def list_heads(self, receiver: TjenesteId, epoch: int, after_number: int, limit: int) -> list[Head]:
        """Heads after a number, in order of epoch and number, up to the first whose copying was not yet tried."""
        ...

    async def sequence_head(self, receiver: TjenesteId) -> SequenceHeadEvent | None:
        """The newest sequence head."""
        ...

    async def find_head(self, at: Number) -> tuple[Head, bool] | None:
        """The head with this number, and whether its bytes are held."""
        ...

    async def read_part(self, melding_id: MeldingId, part_index: int, offset: int, length: int) -> bytes | None:
        """A stretch of a part's sealed bytes; None when they are not held."""
        ...

    async def insert_proof(self, proof: ProofRow, salt: bytes, at: datetime) -> None:
        """The proof is kept, unless the melding has one of its kind already."""
        ...

    async def take_lease(self, receiver: TjenesteId, token: uuid.UUID, at: datetime) -> None:
        """The stream with this token serves the receiver."""
        ...

    async def holds_lease(self, receiver: TjenesteId, token: uuid.UUID) -> bool:
        """Whether the stream with this token still does."""
        ...


class TrustStore(Protocol):
    """The directory's word, and what audit shall know."""

    async def snapshot(self) -> tuple[int, str] | None:
        """Version and statement of the snapshot held."""
        ...

    async def keep_snapshot(self, version: int, statement: str) -> None:
        """The snapshot is held unless a newer one is."""
        ...

    async def list_to_audit(self, limit: int) -> list[ToAudit]:
        """What has no durable commitment yet."""
        ...

    async def mark_audited(self, rows: Sequence[ToAudit], at: datetime) -> None:
        """The commitments to these are durable."""
        ...


class Store(IntakeStore, NodeStore, TrustStore, Protocol):
    """All of it."""
