"""The memory of signed trees: one suite over files and memory, and what a damaged file does."""

from pathlib import Path

import pytest

from libs.errors import Precondition, Unavailable
from services.keys.domain import Tree
from services.keys.fake import SignedTreesInMemory
from services.keys.store import NOTHING_SIGNED, SignedTrees, SignedTreesInFiles

FIRST, SECOND = Tree(1, b"1" * 32), Tree(2, b"2" * 32)


@pytest.fixture(params=["files", "memory"])
def trees(request: pytest.FixtureRequest, tmp_path: Path) -> SignedTrees:
    return SignedTreesInFiles(tmp_path / "trees") if request.param == "files" else SignedTreesInMemory()


async def last(trees: SignedTrees, log: str) -> Tree:
    return await trees.advance(log, lambda tree: tree)


async def test_a_step_begins_at_the_last_tree_of_its_own_log(trees: SignedTrees) -> None:
    assert await trees.advance("keys", lambda _: FIRST) == FIRST
    assert await trees.advance("events", lambda tree: tree) == NOTHING_SIGNED

    assert await last(trees, "keys") == FIRST


async def test_a_step_that_refuses_changes_nothing(trees: SignedTrees) -> None:
    def refuse(_: Tree) -> Tree:
        raise Precondition("no")

    await trees.advance("keys", lambda _: FIRST)
    with pytest.raises(Precondition, match="no"):
        await trees.advance("keys", refuse)

    assert await last(trees, "keys") == FIRST


async def test_what_was_signed_is_known_after_a_restart(tmp_path: Path) -> None:
    await SignedTreesInFiles(tmp_path).advance("keys", lambda _: FIRST)
    await SignedTreesInFiles(tmp_path).advance("keys", lambda _: SECOND)

    assert await last(SignedTreesInFiles(tmp_path), "keys") == SECOND


async def test_a_write_that_died_half_way_leaves_the_last_tree(tmp_path: Path) -> None:
    trees = SignedTreesInFiles(tmp_path)
    await trees.advance("keys", lambda _: FIRST)
    (tmp_path / ".keys.json.new").write_bytes(b'{"size":2,"ro')

    assert await last(trees, "keys") == FIRST
    assert await trees.advance("keys", lambda _: SECOND) == SECOND


@pytest.mark.parametrize("content", ["", "{}", '{"size":-1,"root":""}', '{"size":1,"root":"AAAA"}', "\xff"])
async def test_a_damaged_memory_signs_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content, encoding="latin-1")

    with pytest.raises(Precondition):
        await SignedTreesInFiles(tmp_path).advance("keys", lambda _: FIRST)


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable):
        await SignedTreesInFiles(tmp_path / "file").advance("keys", lambda _: FIRST)
