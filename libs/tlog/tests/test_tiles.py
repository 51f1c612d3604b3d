"""Names and contents of a log's files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Malformed
from libs.tlog.tiles import (
    EntryBundle,
    Tile,
    all_bundles,
    all_tiles,
    check_tile,
    decode_bundle,
    encode_bundle,
    parse_path,
)

PATHS: dict[str, Tile | EntryBundle] = {
    "tile/0/000": Tile(0, 0),
    "tile/0/x001/x234/067": Tile(0, 1_234_067),
    "tile/1/999.p/5": Tile(1, 999, 5),
    "tile/63/x001/000.p/255": Tile(63, 1000, 255),
    "tile/entries/000": EntryBundle(0),
    "tile/entries/x003/041.p/112": EntryBundle(3041, 112),
}


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_those_of_the_specification(path: str) -> None:
    assert parse_path(path) == PATHS[path]
    assert PATHS[path].path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/1000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/0/000/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/data/000",
        "tile/0/../../x",
        "tile/0/٠٠٠",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(Malformed):
        parse_path(path)


@given(st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_file_is_found_again_by_its_path(level: int, index: int, width: int) -> None:
    assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)
    assert parse_path(EntryBundle(index, width).path) == EntryBundle(index, width)


def test_the_example_tree_of_the_specification_has_its_tiles() -> None:
    tiles = list(all_tiles(70_000))
    full = [tile.level for tile in tiles if tile.width == 256]
    assert full == [0] * 273 + [1]
    assert [tile for tile in tiles if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(all_tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(all_tiles(0)) == []


def test_bundles_cover_a_log_from_an_entry_on() -> None:
    assert list(all_bundles(600)) == [EntryBundle(0), EntryBundle(1), EntryBundle(2, 88)]
    assert list(all_bundles(600, start=300)) == [EntryBundle(1), EntryBundle(2, 88)]
    assert list(all_bundles(0)) == []


@given(st.lists(st.binary(max_size=70), max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


def test_a_bundle_that_is_cut_or_has_another_width_is_refused() -> None:
    content = encode_bundle([b"one", b"two"])
    for wrong in (content[:-1], content[:5], content + b"\x00"):
        with pytest.raises(Malformed):
            decode_bundle(wrong, 2)
    with pytest.raises(Malformed):
        decode_bundle(content, 3)


def test_an_entry_longer_than_its_length_can_say_is_refused() -> None:
    with pytest.raises(Malformed):
        encode_bundle([bytes(65_536)])


def test_a_tile_of_another_length_is_refused() -> None:
    assert check_tile(Tile(0, 0, 2), bytes(64)) == bytes(64)
    with pytest.raises(Malformed):
        check_tile(Tile(0, 0, 2), bytes(63))
