"""All of intake's store in memory: the twin of the postgres modules, for simulation and fast tests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from libs.statements.payloads import ProofKind
from libs.values import MeldingId, Place, TjenesteId
from services.intake.domain import SenderKey
from services.intake.numbering import Candidate, Counter, Known, Standing
from services.intake.store.contract import (
    Accepted,
    Decide,
    Decision,
    DueHead,
    Event,
    EventMelding,
    HeldPart,
    MeldingKey,
    StatusEntry,
    StoredCertification,
    StoredLabel,
    Stores,
    VerifiedProof,
)
from services.intake.store.postgres_progress import MAX_STATUS_ENTRIES


@dataclass
class _Row:
    accepted: Accepted
    sealed: list[bytes] | None
    copied_at: datetime | None = None
    stored_at: datetime | None = None
    erased_at: datetime | None = None
    proofs: dict[ProofKind, VerifiedProof] = field(default_factory=dict)


@dataclass
class _Receiver:
    counter: Counter
    head_signed_at: datetime | None = None


class MemoryStore:
    """Fulfils every contract of contract.py. What is in it survives its callers, as a database would."""

    def __init__(self) -> None:
        self._numbering = asyncio.Lock()
        self._rows: dict[MeldingId, _Row] = {}
        self._by_key: dict[SenderKey, Known] = {}
        self._receivers: dict[TjenesteId, _Receiver] = {}
        self._outbox: list[Event] = []
        self._cursors: dict[str, int] = {}
        self._snapshot: tuple[int, str] | None = None
        self._labels: dict[Place, str] = {}
        self._certifications: dict[str, StoredCertification] = {}

    async def accept(self, group: Sequence[Candidate], decide: Decide) -> Decision:
        """See AcceptStore."""
        async with self._numbering:
            decision = await decide(self._standing(group))
            for accepted in decision.accepted:
                self._insert(accepted)
        return decision

    def _standing(self, group: Sequence[Candidate]) -> Standing:
        receivers = {each.admitted.receiver: self._receivers.get(each.admitted.receiver) for each in group}
        return Standing(
            len(self._outbox),
            {receiver: row.counter for receiver, row in receivers.items() if row is not None},
            {each.key: self._by_key[each.key] for each in group if each.key in self._by_key},
            frozenset(each.melding_id for each in group if each.melding_id in self._rows),
            frozenset(row.accepted.new.candidate.reference for row in self._rows.values()),
        )

    def _insert(self, accepted: Accepted) -> None:
        new, candidate, submission = accepted.new, accepted.new.candidate, accepted.new.candidate.admitted.submission
        assert new.position == len(self._outbox) + 1, "positions have no gaps"
        receiver = self._receivers.setdefault(candidate.admitted.receiver, _Receiver(Counter(new.epoch, 0)))
        receiver.counter = Counter(new.epoch, new.number)
        self._rows[candidate.melding_id] = _Row(accepted, [part.sealed for part in submission.parts])
        self._by_key[candidate.key] = Known(candidate.digest, accepted.receipt)
        melding = EventMelding(
            candidate.melding_id,
            candidate.admitted.receiver,
            new.epoch,
            new.number,
            candidate.digest,
            accepted.receipt,
            candidate.admitted.parts,
            candidate.traceparent,
        )
        self._outbox.append(Event(new.position, candidate.salt, melding, None))

    async def append_heads(
        self,
        due_before: datetime,
        limit: int,
        at: datetime,
        make: Callable[[DueHead], Awaitable[tuple[str, bytes]]],
    ) -> int:
        """See AcceptStore."""
        async with self._numbering:
            return await self._append_heads(due_before, limit, at, make)

    async def _append_heads(
        self,
        due_before: datetime,
        limit: int,
        at: datetime,
        make: Callable[[DueHead], Awaitable[tuple[str, bytes]]],
    ) -> int:
        due = [
            (row.head_signed_at is not None, row.head_signed_at or due_before, receiver)
            for receiver, row in self._receivers.items()
            if row.head_signed_at is None or row.head_signed_at <= due_before
        ]
        receivers = [receiver for _, _, receiver in sorted(due)[:limit]]
        heads = [await make(DueHead(receiver, self._receivers[receiver].counter)) for receiver in receivers]
        for receiver, (statement, salt) in zip(receivers, heads, strict=True):
            self._outbox.append(Event(len(self._outbox) + 1, salt, None, statement))
            self._receivers[receiver].head_signed_at = at
        return len(receivers)

    async def list_events(self, after_position: int, limit: int) -> list[Event]:
        """See OutboxStore."""
        return self._outbox[after_position : after_position + limit]

    async def list_parts(self, melding_id: MeldingId, first_bytes: int) -> list[HeldPart]:
        """See OutboxStore."""
        row = self._rows.get(melding_id)
        if row is None or row.sealed is None:
            return []
        parts = row.accepted.new.candidate.admitted.parts
        return [HeldPart(part, sealed[:first_bytes]) for part, sealed in zip(parts, row.sealed, strict=True)]

    async def read_part(self, melding_id: MeldingId, part_index: int, offset: int, length: int) -> bytes | None:
        """See OutboxStore."""
        row = self._rows.get(melding_id)
        return None if row is None or row.sealed is None else row.sealed[part_index][offset : offset + length]

    async def cursor(self, name: str) -> int:
        """See OutboxStore."""
        return self._cursors.get(name, 0)

    async def move_cursor(self, name: str, position: int) -> None:
        """See OutboxStore."""
        self._cursors[name] = max(position, self._cursors.get(name, 0))

    async def find_meldinger(self, melding_ids: Sequence[MeldingId]) -> Mapping[MeldingId, MeldingKey]:
        """See ProgressStore."""
        found = {each: self._rows[each].accepted.new for each in sorted(melding_ids) if each in self._rows}
        return {
            each: MeldingKey(new.candidate.admitted.receiver, new.epoch, new.number, new.candidate.digest)
            for each, new in found.items()
        }

    async def record_copies(self, melding_ids: Sequence[MeldingId], at: datetime) -> None:
        """See ProgressStore."""
        for melding_id in melding_ids:
            self._rows[melding_id].copied_at = self._rows[melding_id].copied_at or at

    async def record_proofs(self, proofs: Sequence[VerifiedProof], at: datetime) -> None:
        """See ProgressStore."""
        for proof in proofs:
            row = self._rows[proof.melding_id]
            row.proofs.setdefault(proof.kind, proof)
            if proof.kind == "stored":
                row.stored_at = row.stored_at or at

    async def erase_bytes(self, limit: int, at: datetime) -> int:
        """See ProgressStore."""
        erasable = [each for each, row in self._rows.items() if row.copied_at and row.stored_at and not row.erased_at]
        for melding_id in sorted(erasable)[:limit]:
            self._rows[melding_id].sealed, self._rows[melding_id].erased_at = None, at
        return len(erasable[:limit])

    async def find_status(self, lookup_id: bytes) -> list[StatusEntry]:
        """See ProgressStore."""
        entries = [
            _status_entry(melding_id, row)
            for melding_id, row in self._rows.items()
            if row.accepted.new.candidate.admitted.submission.lookup_id == lookup_id
        ]
        return sorted(entries, key=lambda entry: (entry.received_at, entry.melding_id))[:MAX_STATUS_ENTRIES]

    async def list_proofs(self, melding_id: MeldingId) -> list[VerifiedProof]:
        """See ProgressStore."""
        row = self._rows.get(melding_id)
        return [] if row is None else sorted(row.proofs.values(), key=lambda proof: (proof.proven_at, proof.kind))

    async def snapshot_version(self) -> int:
        """See AddressStore."""
        return 0 if self._snapshot is None else self._snapshot[0]

    async def snapshot(self) -> str | None:
        """See AddressStore."""
        return None if self._snapshot is None else self._snapshot[1]

    async def keep_snapshot(self, version: int, snapshot: str, at: datetime) -> None:
        """See AddressStore."""
        if version > await self.snapshot_version():
            self._snapshot = (version, snapshot)

    async def label(self, place: Place) -> str | None:
        """See AddressStore."""
        return self._labels.get(place)

    async def keep_labels(self, labels: Sequence[StoredLabel], at: datetime) -> None:
        """See AddressStore."""
        self._labels = {each.place: each.label for each in labels}

    async def certification(self, kid: str) -> StoredCertification | None:
        """See AddressStore."""
        return self._certifications.get(kid)

    async def keep_certification(self, certification: StoredCertification, at: datetime) -> None:
        """See AddressStore."""
        held = self._certifications.get(certification.kid)
        if held is None or held.valid_to < certification.valid_to:
            self._certifications[certification.kid] = certification


def _status_entry(melding_id: MeldingId, row: _Row) -> StatusEntry:
    token_hash = row.accepted.new.candidate.admitted.submission.access_token_hash
    assert token_hash is not None, "present exactly when lookup_id is"
    return StatusEntry(
        melding_id,
        token_hash,
        row.accepted.receipt,
        row.accepted.received_at,
        is_copied=row.copied_at is not None,
        is_stored=row.stored_at is not None,
        is_erased=row.erased_at is not None,
    )


def memory_stores(store: MemoryStore) -> Stores:
    """One memory store in all four roles."""
    return Stores(store, store, store, store)
