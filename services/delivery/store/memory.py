"""All of delivery's store in memory: the twin of the postgres modules, for simulation and fast tests."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from libs.statements.payloads import ProofKind
from libs.values import MeldingId, TjenesteId
from services.delivery.domain import Head, Number, SequenceHeadEvent
from services.delivery.store.contract import Copied, ProofRow, Registered, ToAudit


@dataclass
class _Proof:
    row: ProofRow
    salt: bytes
    recorded_at: datetime
    forward_at: datetime | None
    is_audited: bool = False


@dataclass
class _Row:
    head: Head
    salt: bytes
    sealed: list[bytes] | None = None
    retry_at: datetime | None = None
    is_reported: bool = False
    is_audited: bool = False
    proofs: dict[ProofKind, _Proof] = field(default_factory=dict)


class MemoryStore:
    """Fulfils Store. What is in it survives its callers, as a database would."""

    def __init__(self) -> None:
        self._rows: dict[MeldingId, _Row] = {}
        self._cursor = 0
        self._sequence_heads: dict[TjenesteId, SequenceHeadEvent] = {}
        self._leases: dict[TjenesteId, uuid.UUID] = {}
        self._snapshot: tuple[int, str] | None = None

    def _by_position(self) -> list[_Row]:
        return sorted(self._rows.values(), key=lambda row: row.head.position)

    async def cursor(self) -> int:
        """See IntakeStore."""
        return self._cursor

    async def register(
        self, heads: Sequence[Registered], sequence_heads: Sequence[SequenceHeadEvent], position: int, at: datetime
    ) -> None:
        """See IntakeStore."""
        for each in heads:
            self._rows.setdefault(each.head.melding_id, _Row(each.head, each.salt))
        for event in sequence_heads:
            held = self._sequence_heads.get(event.receiver)
            if held is None or held.position < event.position:
                self._sequence_heads[event.receiver] = event
        self._cursor = max(self._cursor, position)

    async def list_to_copy(self, at: datetime, limit: int) -> list[Head]:
        """See IntakeStore."""
        rows = [row for row in self._by_position() if row.sealed is None]
        return [row.head for row in rows if row.retry_at is None or row.retry_at <= at][:limit]

    async def insert_copies(self, copies: Sequence[tuple[MeldingId, Sequence[bytes]]], at: datetime) -> None:
        """See IntakeStore."""
        for melding_id, parts in copies:
            row = self._rows[melding_id]
            row.sealed = row.sealed or list(parts)

    async def postpone_copy(self, melding_id: MeldingId, retry_at: datetime) -> None:
        """See IntakeStore."""
        if self._rows[melding_id].sealed is None:
            self._rows[melding_id].retry_at = retry_at

    async def list_to_report(self, limit: int) -> list[Copied]:
        """See IntakeStore."""
        rows = [row for row in self._by_position() if row.sealed is not None and not row.is_reported]
        return [Copied(row.head.melding_id, row.head.digest) for row in rows[:limit]]

    async def mark_reported(self, melding_ids: Sequence[MeldingId], at: datetime) -> None:
        """See IntakeStore."""
        for melding_id in melding_ids:
            self._rows[melding_id].is_reported = True

    def _proofs(self) -> list[_Proof]:
        return [proof for row in self._rows.values() for proof in row.proofs.values()]

    async def list_to_forward(self, at: datetime, limit: int) -> list[ProofRow]:
        """See IntakeStore."""
        due = [(p.forward_at, p.row.melding_id, p.row.kind, p.row) for p in self._proofs() if p.forward_at is not None]
        return [row for forward_at, _, _, row in sorted(due, key=lambda each: each[:3]) if forward_at <= at][:limit]

    async def mark_forwarded(self, proofs: Sequence[ProofRow]) -> None:
        """See IntakeStore."""
        for proof in proofs:
            self._rows[proof.melding_id].proofs[proof.kind].forward_at = None

    async def postpone_forward(self, proof: ProofRow, forward_at: datetime) -> None:
        """See IntakeStore."""
        held = self._rows[proof.melding_id].proofs[proof.kind]
        held.forward_at = forward_at if held.forward_at is not None else None

    async def list_heads(self, receiver: TjenesteId, epoch: int, after_number: int, limit: int) -> list[Head]:
        """See NodeStore."""
        own = [row for row in self._rows.values() if row.head.at.receiver == receiver]
        after = [row for row in own if (row.head.at.epoch, row.head.at.number) > (epoch, after_number)]
        after.sort(key=lambda row: (row.head.at.epoch, row.head.at.number))
        return [row.head for row in takewhile(lambda row: row.sealed or row.retry_at, after[:limit])]

    async def sequence_head(self, receiver: TjenesteId) -> SequenceHeadEvent | None:
        """See NodeStore."""
        return self._sequence_heads.get(receiver)

    async def find_head(self, at: Number) -> tuple[Head, bool] | None:
        """See NodeStore."""
        found = [row for row in self._rows.values() if row.head.at == at]
        return (found[0].head, found[0].sealed is not None) if found else None

    async def read_part(self, melding_id: MeldingId, part_index: int, offset: int, length: int) -> bytes | None:
        """See NodeStore."""
        row = self._rows.get(melding_id)
        return None if row is None or row.sealed is None else row.sealed[part_index][offset : offset + length]

    async def insert_proof(self, proof: ProofRow, salt: bytes, at: datetime) -> None:
        """See NodeStore."""
        self._rows[proof.melding_id].proofs.setdefault(proof.kind, _Proof(proof, salt, at, at))

    async def take_lease(self, receiver: TjenesteId, token: uuid.UUID, at: datetime) -> None:
        """See NodeStore."""
        self._leases[receiver] = token

    async def holds_lease(self, receiver: TjenesteId, token: uuid.UUID) -> bool:
        """See NodeStore."""
        return self._leases.get(receiver) == token

    async def snapshot(self) -> tuple[int, str] | None:
        """See TrustStore."""
        return self._snapshot

    async def keep_snapshot(self, version: int, statement: str) -> None:
        """See TrustStore."""
        if self._snapshot is None or self._snapshot[0] < version:
            self._snapshot = (version, statement)

    async def list_to_audit(self, limit: int) -> list[ToAudit]:
        """See TrustStore."""
        copies = [
            ToAudit(row.head.melding_id, None, row.salt, row.head.receipt)
            for row in self._by_position()
            if row.sealed is not None and not row.is_audited
        ]
        waiting = [proof for proof in self._proofs() if not proof.is_audited]
        waiting.sort(key=lambda proof: (proof.recorded_at, proof.row.melding_id, proof.row.kind))
        proofs = [ToAudit(p.row.melding_id, p.row.kind, p.salt, p.row.statement) for p in waiting]
        return (copies + proofs)[:limit]

    async def mark_audited(self, rows: Sequence[ToAudit], at: datetime) -> None:
        """See TrustStore."""
        for row in rows:
            held = self._rows[row.melding_id]
            if row.kind is None:
                held.is_audited = True
            else:
                held.proofs[row.kind].is_audited = True
