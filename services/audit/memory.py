"""The store in memory, for the simulation and the fake: the same answers as PostgreSQL's, under the same suite.

Nothing waits inside a method, so each is as atomic as a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from libs.errors import Overloaded
from libs.tlog.hashes import leaf_hash
from libs.tlog.tiles import EntryBundle, Tile
from libs.tlog.tree import Growth
from services.audit.domain import LOGS, MAX_BATCHED, MAX_WAITING, LogName, LogState, Signing, fill_batches
from services.audit.store import RETRY_AFTER_SECONDS


@dataclass(slots=True)
class _Log:
    tree: Growth = field(default_factory=lambda: Growth(0))
    entries: list[bytes] = field(default_factory=list)
    indexes: dict[bytes, int] = field(default_factory=dict)
    signed_size: int = 0
    signing_size: int | None = None
    checkpoint: str | None = None

    def append(self, entry: bytes) -> int:
        leaf = leaf_hash(entry)
        self.indexes[leaf] = self.tree.size
        self.entries.append(entry)
        self.tree.append(leaf)
        return self.tree.size - 1


class MemoryStore:
    """What one audit keeps, for as long as this object lives."""

    def __init__(self) -> None:
        self._logs: dict[LogName, _Log] = {name: _Log() for name in LOGS}
        self._waiting: dict[bytes, datetime] = {}

    async def insert_commitments(self, commitments: Sequence[bytes], now: datetime) -> None:
        """See Store."""
        if len(self._waiting) + len(commitments) > MAX_WAITING:
            raise Overloaded(f"{MAX_WAITING} commitments wait", retry_after_seconds=RETRY_AFTER_SECONDS)
        for commitment in commitments:
            self._waiting.setdefault(commitment, now)

    async def append_batches(self, padding: Sequence[bytes], batch_size: int) -> int:
        """See Store."""
        log = self._logs["events"]
        taken = sorted(self._waiting, key=lambda each: (self._waiting[each], each))[:MAX_BATCHED]
        new = [commitment for commitment in taken if leaf_hash(commitment) not in log.indexes]
        entries = fill_batches(new, padding, batch_size)
        for entry in entries:
            log.append(entry)
        for commitment in taken:
            del self._waiting[commitment]
        return len(entries)

    async def append_key_entry(self, entry: bytes) -> int:
        """See Store."""
        log = self._logs["keys"]
        found = log.indexes.get(leaf_hash(entry))
        return log.append(entry) if found is None else found

    async def load_state(self, log: LogName) -> LogState:
        """See Store."""
        stored = self._logs[log]
        return LogState(stored.tree.size, stored.signed_size, stored.checkpoint)

    async def begin_signing(self, log: LogName) -> Signing | None:
        """See Store."""
        stored = self._logs[log]
        if stored.signing_size is None:
            if stored.checkpoint is not None and stored.signed_size == stored.tree.size:
                return None
            stored.signing_size = stored.tree.size
        return Signing(stored.signed_size, stored.signing_size)

    async def finish_signing(self, log: LogName, size: int, checkpoint: str) -> None:
        """See Store."""
        stored = self._logs[log]
        if stored.signing_size == size:
            stored.signed_size, stored.checkpoint, stored.signing_size = size, checkpoint, None

    async def load_tiles(self, log: LogName, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
        """See Store."""
        return {tile: self._logs[log].tree.read(tile) for tile in tiles}

    async def load_entries(self, log: LogName, bundle: EntryBundle) -> list[bytes]:
        """See Store."""
        return self._logs[log].entries[bundle.start : bundle.start + bundle.width]

    async def find_leaf(self, log: LogName, leaf: bytes) -> int | None:
        """See Store."""
        return self._logs[log].indexes.get(leaf)
