"""Verification of proofs against roots alone: RFC 9162 sections 2.1.3.2 and 2.1.4.2, whose trees are RFC 6962's."""

from collections.abc import Sequence

from libs.errors import Precondition
from libs.tlog.hashes import EMPTY_ROOT, node_hash


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """The leaf hash stands at `index` of the tree with this size and root; otherwise raises Precondition."""
    if not 0 <= index < size:
        raise Precondition(f"got leaf {index} of a tree of {size}")
    at, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise Precondition("the inclusion proof is too long")
        if at & 1 or at == last:
            value = node_hash(step, value)
            at, last = _to_left_child(at, last)
        else:
            value = node_hash(value, step)
        at, last = at >> 1, last >> 1
    if last != 0 or value != root:
        raise Precondition("the inclusion proof does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """The tree of the new size and root begins with that of the old; otherwise raises Precondition."""
    if not 0 <= old_size <= new_size:
        raise Precondition(f"the tree shrank from {old_size} to {new_size}")
    if old_size in (0, new_size):
        expected = EMPTY_ROOT if old_size == 0 else new_root
        if path or old_root != expected:
            raise Precondition("the older root is not that of its size, or the proof should be empty")
        return
    # Where the old tree is one perfect subtree of the new, its root is the first hash and is left out of the path.
    steps = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if _consistent_roots(old_size, new_size, steps) != (old_root, new_root):
        raise Precondition("the consistency proof does not lead to both roots")


def _consistent_roots(old_size: int, new_size: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    if not steps:
        return None
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            at, last = _to_left_child(at, last)
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def _to_left_child(at: int, last: int) -> tuple[int, int]:
    """Past the levels where the node has no right neighbour, up to where it is itself a right child."""
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last
