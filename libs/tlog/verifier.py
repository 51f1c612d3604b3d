"""Verification of a whole log from what it serves: every entry, every tile, the checkpoint, and that it only grew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from libs.errors import Malformed, Precondition
from libs.tlog.checkpoint import Checkpoint, open_checkpoint
from libs.tlog.hashes import leaf_hash
from libs.tlog.note import VerifierKey
from libs.tlog.proofs import verify_inclusion
from libs.tlog.tiles import Tile, all_bundles, all_tiles, check_tile, decode_bundle
from libs.tlog.tree import Growth, inclusion_proof, root

Fetch = Callable[[str], bytes]
"""The file at a path below the log's prefix; raises one of our errors."""


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """A log all of whose parts fit one another."""

    checkpoint: Checkpoint
    note: str
    tiles: int
    entries: tuple[bytes, ...]


def verify_log(fetch: Fetch, key: VerifierKey, kept: Checkpoint | None = None) -> VerifiedLog:
    """The log, verified: signature, root over all entries, every tile, and that `kept` is its beginning.

    Raises Malformed, StatementRefused, or Precondition (tiles, entries and checkpoints that do not fit).
    """
    note = _text(fetch("checkpoint"))
    checkpoint = open_checkpoint(note, key)
    entries = tuple(_entries(fetch, checkpoint.size))
    tree = Growth(0)
    for entry in entries:
        tree.append(leaf_hash(entry))
    if root(checkpoint.size, tree.read) != checkpoint.root:
        raise Precondition(f"the {checkpoint.size} entries do not lead to the signed root")
    tiles = [tile for tile in all_tiles(checkpoint.size) if _is_served(tile, fetch, tree)]
    _check_growth(kept, checkpoint, tree)
    return VerifiedLog(checkpoint, note, len(tiles), entries)


def verify_entry(fetch: Fetch, key: VerifierKey, index: int, entry: bytes) -> Checkpoint:
    """The newest checkpoint, under which the entry stands at `index`. Reads only the tiles of its audit path.

    Raises Malformed, StatementRefused, or Precondition (it does not stand there).
    """
    checkpoint = open_checkpoint(_text(fetch("checkpoint")), key)
    if index >= checkpoint.size:
        raise Precondition(f"the log of {checkpoint.size} entries has none at {index}")
    path = inclusion_proof(index, checkpoint.size, lambda tile: check_tile(tile, fetch(tile.path)))
    verify_inclusion(leaf_hash(entry), index, checkpoint.size, path, checkpoint.root)
    return checkpoint


def _entries(fetch: Fetch, size: int) -> Iterator[bytes]:
    for bundle in all_bundles(size):
        yield from decode_bundle(fetch(bundle.path), bundle.width)


def _is_served(tile: Tile, fetch: Fetch, tree: Growth) -> bool:
    if check_tile(tile, fetch(tile.path)) != tree.read(tile):
        raise Precondition(f"{tile.path} does not fit the entries below it")
    return True


def _check_growth(kept: Checkpoint | None, checkpoint: Checkpoint, tree: Growth) -> None:
    if kept is None:
        return
    if kept.origin != checkpoint.origin or kept.size > checkpoint.size:
        raise Precondition(f"the log went from {kept.origin} {kept.size} to {checkpoint.origin} {checkpoint.size}")
    if root(kept.size, tree.read) != kept.root:
        raise Precondition(f"the first {kept.size} entries are no longer those of the checkpoint kept from last time")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the checkpoint is not UTF-8") from error
