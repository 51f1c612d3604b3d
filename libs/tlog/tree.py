"""What a tree of stored tiles can tell: its root, the proofs of RFC 6962 section 2.1, and how it grows.

Each question is first a list of leaf ranges whose hashes answer it. `tiles_for` names the tiles these need, so that a
store can read them all at once; the hashes are then computed from what was read, without waiting for anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from libs.errors import Malformed
from libs.tlog.hashes import EMPTY_ROOT, HASH_BYTES, node_hash, perfect_root, split_hashes
from libs.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, tile_width

Range = tuple[int, int]
"""Leaves from the first index up to, not including, the second."""


class TileReader(Protocol):
    """Where tiles are read from: a store's rows, files, or HTTP."""

    def __call__(self, tile: Tile, /) -> bytes:
        """The tile's hashes: at least `tile.width` of 32 bytes each."""
        ...


def root(size: int, read: TileReader) -> bytes:
    """The root of the first `size` leaves."""
    return hash_ranges([(0, size)], size, read)[0] if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: TileReader) -> list[bytes]:
    """The audit path of leaf `index` in the tree of the first `size` leaves."""
    return hash_ranges(inclusion_ranges(index, size), size, read)


def consistency_proof(old_size: int, new_size: int, read: TileReader) -> list[bytes]:
    """The proof that the tree of `new_size` begins with that of `old_size`."""
    return hash_ranges(consistency_ranges(old_size, new_size), new_size, read)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges of an audit path, leaf end first. Raises Malformed if the leaf is not in the tree."""
    if not 0 <= index < size:
        raise Malformed(f"got leaf {index} of a tree of {size}")
    path: list[Range] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _largest_power_below(high - low)
        path.append((middle, high) if index < middle else (low, middle))
        low, high = (low, middle) if index < middle else (middle, high)
    return path[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[Range]:
    """The ranges of a consistency proof; none where one of the trees is empty or both are the same."""
    if not 0 <= old_size <= new_size:
        raise Malformed(f"got sizes {old_size} and {new_size}; the older is at most the newer")
    if old_size in (0, new_size):
        return []
    path: list[Range] = []
    low, high = 0, new_size
    while high != old_size:
        middle = low + _largest_power_below(high - low)
        path.append((middle, high) if old_size <= middle else (low, middle))
        low, high = (low, middle) if old_size <= middle else (middle, high)
    # The old tree's own root is known to the verifier, who needs what is left only where it is not that root.
    return ([(low, high)] if low else []) + path[::-1]


def tiles_for(ranges: Sequence[Range], size: int) -> list[Tile]:
    """The tiles of a tree of `size` leaves that the hashes of these ranges need, each once, in order."""
    nodes = [node for low, high in ranges for node in _perfect_nodes(low, high)]
    return sorted({_tile_of(level, index, size) for level, index in nodes})


def hash_ranges(ranges: Sequence[Range], size: int, read: TileReader) -> list[bytes]:
    """The hash of each range in a tree of `size` leaves."""
    return [_hash_range(low, high, size, read) for low, high in ranges]


@dataclass(slots=True)
class Growth:
    """A tree while it grows: its size, and the hashes so far of each tile that changed, by (level, index)."""

    size: int
    tiles: dict[tuple[int, int], bytearray] = field(default_factory=dict)

    def append(self, leaf: bytes) -> None:
        """One more leaf hash; a tile that becomes full adds its root to the level above."""
        level, index, value = 0, self.size >> TILE_HEIGHT, leaf
        self.size += 1
        while True:
            tile = self.tiles.setdefault((level, index), bytearray())
            tile += value
            if len(tile) < TILE_WIDTH * HASH_BYTES:
                return
            value = perfect_root(split_hashes(bytes(tile)))
            level, index = level + 1, index >> TILE_HEIGHT

    def read(self, tile: Tile) -> bytes:
        """The tiles as a TileReader."""
        return bytes(self.tiles[tile.level, tile.index][: tile.width * HASH_BYTES])


def edge_tiles(size: int) -> list[Tile]:
    """The partial tiles at the right edge: all that is needed to append."""
    levels = range(-(-max(size.bit_length(), 1) // TILE_HEIGHT))
    edge = [(level, size >> TILE_HEIGHT * (level + 1)) for level in levels]
    widths = [(level, index, tile_width(level, index, size)) for level, index in edge]
    return [Tile(level, index, width) for level, index, width in widths if width]


def grow(size: int, edge: Mapping[Tile, bytes], leaves: Sequence[bytes]) -> Growth:
    """The tree of `size` leaves with these leaf hashes appended; `edge` holds edge_tiles(size)."""
    growth = Growth(size, {(tile.level, tile.index): bytearray(edge[tile]) for tile in edge_tiles(size)})
    for leaf in leaves:
        growth.append(leaf)
    return growth


def _hash_range(low: int, high: int, size: int, read: TileReader) -> bytes:
    hashes = [_node(level, index, size, read) for level, index in _perfect_nodes(low, high)]
    value = hashes.pop()
    while hashes:
        value = node_hash(hashes.pop(), value)
    return value


def _perfect_nodes(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The largest perfect subtrees that make up a range which begins where a subtree of its size can."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def _tile_of(level: int, index: int, size: int) -> Tile:
    tile_level, height = divmod(level, TILE_HEIGHT)
    tile_index = index << height >> TILE_HEIGHT
    return Tile(tile_level, tile_index, tile_width(tile_level, tile_index, size))


def _node(level: int, index: int, size: int, read: TileReader) -> bytes:
    height = level % TILE_HEIGHT
    first = (index << height) % TILE_WIDTH
    content = read(_tile_of(level, index, size))
    return perfect_root(split_hashes(content[first * HASH_BYTES : (first + (1 << height)) * HASH_BYTES]))


def _largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
