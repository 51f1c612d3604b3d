"""The tree against the vectors that Certificate Transparency's implementations share, and against RFC 6962's words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import Malformed, Precondition
from libs.tlog.hashes import EMPTY_ROOT, leaf_hash, node_hash
from libs.tlog.proofs import verify_consistency, verify_inclusion
from libs.tlog.tree import (
    Growth,
    consistency_proof,
    consistency_ranges,
    edge_tiles,
    grow,
    hash_ranges,
    inclusion_proof,
    inclusion_ranges,
    root,
    tiles_for,
)

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def _tree(size: int) -> Growth:
    tree = Growth(0)
    for index in range(size):
        tree.append(leaf_hash(b"%d" % index))
    return tree


BIG = _tree(70_000)


def _rfc_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 word for word, slow."""
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(_rfc_root(leaves[:split]), _rfc_root(leaves[split:]))


def _known_tree() -> Growth:
    return grow(0, {}, [leaf_hash(leaf) for leaf in LEAVES])


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_known_ones(size: int) -> None:
    assert root(size, _known_tree().read).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_the_known_ones(index: int, size: int) -> None:
    assert [step.hex() for step in inclusion_proof(index, size, _known_tree().read)] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_the_known_ones(old: int, new: int) -> None:
    assert [step.hex() for step in consistency_proof(old, new, _known_tree().read)] == CONSISTENCY[old, new]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 513, 1000])
def test_root_over_tiles_is_the_root_in_the_words_of_the_rfc(size: int) -> None:
    assert root(size, BIG.read) == _rfc_root([b"%d" % index for index in range(size)])


@given(st.integers(1, 70_000), st.data())
def test_every_inclusion_proof_verifies_and_no_flipped_bit_does(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, head = leaf_hash(b"%d" % index), root(size, BIG.read)
    path = inclusion_proof(index, size, BIG.read)
    verify_inclusion(leaf, index, size, path, head)
    for forged in _flipped([leaf, head, *path], data):
        with pytest.raises(Precondition):
            verify_inclusion(forged[0], index, size, forged[2:], forged[1])
    for wrong_path in (path[:-1], [*path, head]):
        if wrong_path != path:
            with pytest.raises(Precondition):
                verify_inclusion(leaf, index, size, wrong_path, head)


@given(st.integers(1, 70_000), st.data())
def test_every_consistency_proof_verifies_and_no_flipped_bit_does(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    roots = [root(old, BIG.read), root(new, BIG.read)]
    path = consistency_proof(old, new, BIG.read)
    verify_consistency(old, roots[0], new, roots[1], path)
    for forged in _flipped([*roots, *path], data):
        with pytest.raises(Precondition):
            verify_consistency(old, forged[0], new, forged[1], forged[2:])
    for wrong_path in (path[:-1], [*path, roots[1]]):
        if wrong_path != path:
            with pytest.raises(Precondition):
                verify_consistency(old, roots[0], new, roots[1], wrong_path)


def test_a_tree_cannot_shrink_and_an_empty_one_begins_every_tree() -> None:
    head = root(5, BIG.read)
    with pytest.raises(Precondition):
        verify_consistency(6, root(6, BIG.read), 5, head, [])
    verify_consistency(0, EMPTY_ROOT, 5, head, [])
    with pytest.raises(Precondition):
        verify_consistency(0, head, 5, head, [])


def test_a_leaf_outside_the_tree_is_refused() -> None:
    for index in (-1, 5, 6):
        with pytest.raises(Malformed):
            inclusion_proof(index, 5, BIG.read)
        with pytest.raises(Precondition):
            verify_inclusion(leaf_hash(b"0"), index, 5, [], EMPTY_ROOT)


@given(st.integers(0, 2_000), st.lists(st.integers(0, 600), max_size=4))
@settings(max_examples=30)
def test_growing_in_steps_from_the_edge_alone_gives_the_same_tiles(start: int, steps: list[int]) -> None:
    stored, size = _tree(start), start
    for step in steps:
        edge = {tile: stored.read(tile) for tile in edge_tiles(size)}
        grown = grow(size, edge, [leaf_hash(b"%d" % index) for index in range(size, size + step)])
        stored.tiles.update(grown.tiles)
        size = grown.size
    assert stored.tiles == _tree(size).tiles


@given(st.integers(1, 70_000), st.data())
def test_the_tiles_named_are_all_that_a_proof_reads(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    for ranges in (inclusion_ranges(index, size), consistency_ranges(old, size), [(0, size)]):
        named = {tile: BIG.read(tile) for tile in tiles_for(ranges, size)}
        assert all(len(content) == tile.width * 32 for tile, content in named.items())
        assert hash_ranges(ranges, size, named.__getitem__) == hash_ranges(ranges, size, BIG.read)


def _flipped(values: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """The values with one bit flipped, in each of them in turn."""
    flipped = []
    for at, value in enumerate(values):
        bit = data.draw(st.integers(0, len(value) * 8 - 1))
        changed = (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")
        flipped.append([*values[:at], changed, *values[at + 1 :]])
    return flipped
