"""The store's in-memory twin: answers as Postgres does, for tests and for a simulation of many nodes in one process.

`disk` outlives a twin as a database outlives a process: a new MemoryStore over it begins where the last ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.errors import NotFound
from libs.statements.payloads import ProofKind, SequenceHead
from services.delivery_node.counting import EpochCount, Finding
from services.delivery_node.domain import Arrival, MeldingNumber
from services.delivery_node.facts import PROOF_ORDER, AccessEntry, DueProof, Listed
from services.delivery_node.store.contract import DueFetch, NotedFinding
from services.delivery_node.store.inbox import NO_SUCH_MELDING

ProofKey = tuple[MeldingNumber, ProofKind]


@dataclass(slots=True)
class _Row:
    listed: Listed
    fetch_after: datetime
    fetch_attempts: int = 0
    sealed: tuple[bytes, ...] | None = None


@dataclass(slots=True)
class _ProofRow:
    due: DueProof
    send_after: datetime
    acknowledged_at: datetime | None = None


@dataclass(slots=True)
class Disk:
    """What is kept."""

    meldinger: dict[MeldingNumber, _Row] = field(default_factory=dict)
    proofs: dict[ProofKey, _ProofRow] = field(default_factory=dict)
    heads: dict[int, SequenceHead] = field(default_factory=dict)
    findings: dict[tuple[Finding, MeldingNumber], NotedFinding | None] = field(default_factory=dict)
    entries: dict[str, AccessEntry] = field(default_factory=dict)


class MemoryStore:
    """Implements Store."""

    def __init__(self, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()

    async def remember_heads(self, arrivals: Sequence[Arrival], now: datetime) -> list[MeldingNumber]:
        """As in HeadStore."""
        return [each.which for each in arrivals if not self._remember(each, now)]

    def _remember(self, arrival: Arrival, now: datetime) -> bool:
        meldinger = self.disk.meldinger
        if arrival.which in meldinger:
            is_same = meldinger[arrival.which].listed.arrival.digest == arrival.digest
            if is_same:
                self._settle(Finding.HEAD_REFUSED, arrival.which)
            return is_same
        if any(row.listed.arrival.melding_id == arrival.melding_id for row in meldinger.values()):
            return False
        meldinger[arrival.which] = _Row(Listed(arrival, None, None, None), now)
        self._settle(Finding.HEAD_REFUSED, arrival.which)
        return True

    async def counts(self) -> list[EpochCount]:
        """As in HeadStore."""
        epochs = sorted({which.epoch for which in self.disk.meldinger} | self.disk.heads.keys())
        return [self._count(epoch) for epoch in epochs]

    def _count(self, epoch: int) -> EpochCount:
        numbers = sorted(which.number for which in self.disk.meldinger if which.epoch == epoch)
        unbroken = 0
        while unbroken < len(numbers) and numbers[unbroken] == unbroken + 1:
            unbroken += 1
        head = self.disk.heads.get(epoch)
        return EpochCount(epoch, len(numbers), unbroken, max(numbers, default=0), head.last_number if head else 0)

    async def missing(self, limit: int) -> list[MeldingNumber]:
        """As in HeadStore."""
        wanted = [
            MeldingNumber(count.epoch, number)
            for count in await self.counts()
            for number in range(1, max(count.highest, count.announced) + 1)
        ]
        return [each for each in wanted if each not in self.disk.meldinger][:limit]

    async def sequence_head(self, epoch: int) -> SequenceHead | None:
        """As in HeadStore."""
        return self.disk.heads.get(epoch)

    async def keep_sequence_head(self, head: SequenceHead, statement: str, now: datetime) -> None:
        """As in HeadStore."""
        self.disk.heads[head.epoch] = head
        self._settle(Finding.SEQUENCE_HEAD_REFUSED, MeldingNumber(0, 0))

    async def note(self, finding: Finding, which: MeldingNumber, now: datetime) -> None:
        """As in HeadStore."""
        known = self.disk.findings.get((finding, which))
        noted = (
            replace(known, last_at=now, times=known.times + 1) if known else NotedFinding(finding, which, now, now, 1)
        )
        self.disk.findings[finding, which] = noted

    async def due_fetches(self, now: datetime, limit: int) -> list[DueFetch]:
        """As in BytesStore."""
        lacking = [row for row in self.disk.meldinger.values() if row.sealed is None and row.fetch_after <= now]
        lacking.sort(key=lambda row: (row.fetch_after, row.listed.arrival.which))
        return [DueFetch(row.listed.arrival, row.fetch_attempts) for row in lacking[:limit]]

    async def hurry_fetches(self, now: datetime) -> None:
        """As in BytesStore."""
        for row in self.disk.meldinger.values():
            row.fetch_after = min(row.fetch_after, now)

    async def postpone_fetch(self, which: MeldingNumber, until: datetime) -> None:
        """As in BytesStore."""
        row = self.disk.meldinger[which]
        if row.sealed is None:
            row.fetch_after = until
            row.fetch_attempts += 1

    async def commit_bytes(self, which: MeldingNumber, sealed: Sequence[bytes], now: datetime) -> None:
        """As in BytesStore."""
        row = self.disk.meldinger[which]
        if row.sealed is None:
            row.sealed = tuple(sealed)
            self._owe(which, "stored", now)
            self._settle(Finding.BYTES_REFUSED, which)

    async def read_back(self, numbers: Sequence[MeldingNumber]) -> dict[MeldingNumber, tuple[bytes, ...]]:
        """As in BytesStore."""
        found = {which: self.disk.meldinger[which].sealed for which in numbers}
        return {which: sealed for which, sealed in found.items() if sealed is not None}

    async def discard_bytes(self, which: MeldingNumber, until: datetime) -> None:
        """As in BytesStore."""
        row = self.disk.meldinger[which]
        if row.sealed is not None and row.listed.stored_at is None:
            row.sealed = None
            row.fetch_after = until
            row.fetch_attempts += 1
            self.disk.proofs.pop((which, "stored"), None)

    async def due_signatures(self, limit: int) -> list[DueProof]:
        """As in ProofStore."""
        return [each.due for each in self._ordered() if each.due.statement is None][:limit]

    async def keep_proofs(self, statements: Mapping[ProofKey, str], now: datetime) -> None:
        """As in ProofStore."""
        for (which, kind), statement in statements.items():
            proof = self.disk.proofs.get((which, kind))
            if proof is not None and proof.due.statement is None:
                proof.due = replace(proof.due, statement=statement)
                proof.send_after = now
            if kind == "stored":
                row = self.disk.meldinger[which]
                row.listed = replace(row.listed, stored_at=row.listed.stored_at or now)
                self._settle(Finding.READ_BACK_DIFFERS, which)

    async def due_sendings(self, now: datetime, limit: int) -> list[DueProof]:
        """As in ProofStore."""
        return [each.due for each in self._to_send() if each.send_after <= now][:limit]

    async def hurry_sendings(self, now: datetime) -> None:
        """As in ProofStore."""
        for each in self._to_send():
            each.send_after = min(each.send_after, now)

    async def acknowledge(self, proofs: Sequence[ProofKey], now: datetime) -> None:
        """As in ProofStore."""
        for key in proofs:
            proof = self.disk.proofs[key]
            if proof.due.statement is not None:
                proof.acknowledged_at = proof.acknowledged_at or now
            self._settle(Finding.PROOF_REFUSED, key[0])

    async def postpone_sending(self, which: MeldingNumber, kind: ProofKind, until: datetime) -> None:
        """As in ProofStore."""
        proof = self.disk.proofs[which, kind]
        if proof.acknowledged_at is None:
            proof.send_after = until
            proof.due = replace(proof.due, attempts=proof.due.attempts + 1)

    async def inbox(self, limit: int, before: MeldingNumber | None = None) -> list[Listed]:
        """As in InboxStore."""
        numbers = sorted(self.disk.meldinger, reverse=True)
        return [self.disk.meldinger[which].listed for which in numbers if before is None or which < before][:limit]

    async def on_its_way(self) -> int:
        """As in InboxStore."""
        return sum(1 for row in self.disk.meldinger.values() if row.listed.stored_at is None)

    async def find(self, which: MeldingNumber) -> Listed:
        """As in InboxStore."""
        if which not in self.disk.meldinger:
            raise NotFound(NO_SUCH_MELDING)
        return self.disk.meldinger[which].listed

    async def sealed_parts(self, which: MeldingNumber) -> tuple[bytes, ...]:
        """As in InboxStore."""
        row = self.disk.meldinger.get(which)
        if row is None or row.sealed is None or row.listed.stored_at is None:
            raise NotFound(NO_SUCH_MELDING)
        return row.sealed

    async def log_access(self, entry: AccessEntry) -> None:
        """As in InboxStore."""
        await self.find(entry.which)
        self.disk.entries.setdefault(entry.id, entry)

    async def mark_opened(self, which: MeldingNumber, at: datetime) -> None:
        """As in InboxStore."""
        row = self.disk.meldinger.get(which)
        if row is not None and row.listed.stored_at is not None and row.listed.opened_at is None:
            row.listed = replace(row.listed, opened_at=at)
            self._owe(which, "opened", at)

    async def confirm(self, entry: AccessEntry) -> None:
        """As in InboxStore."""
        row = self.disk.meldinger.get(entry.which)
        if row is None or row.listed.stored_at is None:
            raise NotFound(NO_SUCH_MELDING)
        row.listed = replace(row.listed, confirmed_at=row.listed.confirmed_at or entry.at)
        self.disk.entries.setdefault(entry.id, entry)
        self._owe(entry.which, "confirmed", entry.at)

    async def access_list(self, which: MeldingNumber) -> list[AccessEntry]:
        """As in InboxStore."""
        entries = sorted((each for each in self.disk.entries.values() if each.which == which), key=lambda each: each.id)
        return sorted(entries, key=lambda each: each.at, reverse=True)

    async def findings(self) -> list[NotedFinding]:
        """As in InboxStore."""
        noted = [each for each in self.disk.findings.values() if each is not None]
        return sorted(noted, key=lambda each: (each.finding.value, each.which))

    def _owe(self, which: MeldingNumber, kind: ProofKind, at: datetime) -> None:
        due = DueProof(self.disk.meldinger[which].listed.arrival, kind, at)
        self.disk.proofs.setdefault((which, kind), _ProofRow(due, at))

    def _settle(self, finding: Finding, which: MeldingNumber) -> None:
        if (finding, which) in self.disk.findings:
            self.disk.findings[finding, which] = None

    def _ordered(self) -> list[_ProofRow]:
        proofs = self.disk.proofs
        return [proofs[key] for key in sorted(proofs, key=lambda each: (each[0], PROOF_ORDER.index(each[1])))]

    def _to_send(self) -> list[_ProofRow]:
        return [each for each in self._ordered() if each.due.statement is not None and each.acknowledged_at is None]
