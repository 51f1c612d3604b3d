"""The files of a log and their names (C2SP tlog-tiles).

A tile at level L holds up to 256 hashes, each over 256**L neighbouring leaves. A partial tile is the beginning of what
the full one will be, so one growing row of hashes serves every width asked for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from libs.errors import Malformed
from libs.tlog.hashes import HASH_BYTES

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 65_535
"""What the two-byte length before each entry of a bundle can say."""

_LEVEL = r"(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])"
_INDEX = r"(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})"
_WIDTH = r"(?:\.p/(?P<width>[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
_PATH = re.compile(f"tile/{_LEVEL}/{_INDEX}{_WIDTH}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile of hashes; `width` below 256 is a partial one."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its name below the log's prefix, for instance "tile/1/x001/234.p/5"."""
        return f"tile/{self.level}/{_index_and_width(self.index, self.width)}"


@dataclass(frozen=True, slots=True, order=True)
class EntryBundle:
    """The entries under one tile of level 0."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its name below the log's prefix, for instance "tile/entries/000.p/5"."""
        return f"tile/entries/{_index_and_width(self.index, self.width)}"

    @property
    def start(self) -> int:
        """Index of its first entry in the log."""
        return self.index * TILE_WIDTH


def parse_path(path: str) -> Tile | EntryBundle:
    """The file a path names; raises Malformed unless it is spelled as C2SP does, with no zero too many."""
    found = _PATH.fullmatch(path)
    if found is None or found["index"].startswith("x000/"):
        raise Malformed('this is no path of a log; one looks like "tile/0/000" or "tile/entries/x001/234.p/5"')
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"] or TILE_WIDTH)
    return EntryBundle(index, width) if found["level"] == "entries" else Tile(int(found["level"]), index, width)


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size` leaves; 0 if there is no such tile."""
    return min(max((size >> TILE_HEIGHT * level) - index * TILE_WIDTH, 0), TILE_WIDTH)


def all_tiles(size: int) -> Iterator[Tile]:
    """Every tile of a tree of `size` leaves, lowest level first."""
    for level in range(MAX_LEVEL + 1):
        for index in range(-(-(size >> TILE_HEIGHT * level) // TILE_WIDTH)):
            yield Tile(level, index, tile_width(level, index, size))


def all_bundles(size: int, start: int = 0) -> Iterator[EntryBundle]:
    """Every bundle of a log of `size` entries, from the one that holds entry `start`."""
    for index in range(start // TILE_WIDTH, -(-size // TILE_WIDTH)):
        yield EntryBundle(index, tile_width(0, index, size))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The file of a bundle: each entry after its length in two bytes."""
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise Malformed(f"an entry is longer than {MAX_ENTRY_BYTES} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(content: bytes, width: int) -> list[bytes]:
    """The entries of a bundle; raises Malformed unless there are exactly `width` and nothing else."""
    entries: list[bytes] = []
    at = 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content):
            raise Malformed("the entry bundle ends inside an entry")
        entries.append(content[at + 2 : end])
        at = end
    if len(entries) != width:
        raise Malformed(f"got a bundle of {len(entries)} entries, expected {width}")
    return entries


def check_tile(tile: Tile, content: bytes) -> bytes:
    """The content, if it has the length of this tile; raises Malformed."""
    if len(content) != tile.width * HASH_BYTES:
        raise Malformed(f"got {len(content)} bytes for {tile.path}, expected {tile.width * HASH_BYTES}")
    return content


def _index_and_width(index: int, width: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]]) + suffix
