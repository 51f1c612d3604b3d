"""What audit decides: the shape of a batch, what may be served, and what a proof needs. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from libs.errors import NotFound
from libs.tlog.tiles import EntryBundle, Tile, tile_width

LogName = Literal["keys", "events"]
LOGS: Final[tuple[LogName, LogName]] = ("keys", "events")

COMMITMENT_BYTES = 32
MAX_COMMITMENTS = 1_000
MAX_WAITING = 100_000
"""Commitments that may wait for their batch; more is answered OVERLOADED. A national year has some 500 000."""
MAX_BATCHED = 4_096
"""Commitments taken in one transaction."""


@dataclass(frozen=True, slots=True)
class LogState:
    """A log as stored: its tree, and the newest checkpoint that was signed over it."""

    size: int
    signed_size: int
    checkpoint: str | None
    """None until the first one is signed, over the empty tree."""


@dataclass(frozen=True, slots=True)
class Signing:
    """A checkpoint that we have decided to ask for, and ask for until we have it."""

    from_size: int
    size: int


def fill_batches(commitments: Sequence[bytes], padding: Sequence[bytes], batch_size: int) -> list[bytes]:
    """The commitments as whole batches, filled up from `padding` (at least batch_size - 1 random ones).

    Sorted, so that the order tells nothing: neither when a commitment came, nor which ones are padding.
    """
    missing = -len(commitments) % batch_size
    assert missing <= len(padding), "the caller draws a whole batch of padding"
    return sorted([*commitments, *padding[:missing]])


def check_served(file: Tile | EntryBundle, signed_size: int) -> None:
    """The newest checkpoint covers the file; otherwise raises NotFound, also if it is stored already."""
    level = file.level if isinstance(file, Tile) else 0
    if file.width > tile_width(level, file.index, signed_size):
        raise NotFound(f"the log of {signed_size} entries has no {file.path}")
