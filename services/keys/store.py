"""The last tree that was signed for each log: what keeps keys from signing two histories of one log.

It is a file a log in the keystore's folder, replaced as a whole and fsynced before the signature leaves. Whoever can
write that folder, or restores an old copy of it, can make keys sign another history; the witnesses of earlier
checkpoints (`samvern audit verify` keeps the last it saw) would show it.
"""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from libs.errors import Precondition, Unavailable
from libs.sealing import base64url
from libs.tlog.hashes import EMPTY_ROOT, HASH_BYTES
from services.keys.domain import Tree
from services.keys.files import write_whole

NOTHING_SIGNED = Tree(0, EMPTY_ROOT)

Step = Callable[[Tree], Tree]
"""From the last tree signed to the one that may be signed now; raises where there is none."""


class SignedTrees(Protocol):
    """Remembers the last tree signed for each log."""

    async def advance(self, log: str, step: Step) -> Tree:
        """What `step` makes of the last tree, remembered durably when this returns; nobody else steps in between.

        Where nothing was signed the last tree is NOTHING_SIGNED. What `step` raises leaves the memory as it was.
        Raises Unavailable where it cannot be read or written, Precondition where it cannot be understood.
        """
        ...


class SignedTreesInFiles:
    """SignedTrees in a folder, for one machine. Steps of other processes are kept out by a lock file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def advance(self, log: str, step: Step) -> Tree:
        """As in SignedTrees."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._folder / f"{log}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                return self._advance(self._folder / f"{log}.json", step)
        except OSError as error:
            raise Unavailable(f"the memory of signed checkpoints cannot be used: {error.strerror}") from error

    def _advance(self, file: Path, step: Step) -> Tree:
        last = _decode(file.read_bytes()) if file.exists() else NOTHING_SIGNED
        following = step(last)
        if following != last:
            write_whole(file, msgspec.json.encode(_Entry(following.size, base64url.encode(following.root))))
        return following


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: int
    root: str


def _decode(content: bytes) -> Tree:
    try:
        entry = msgspec.json.decode(content, type=_Entry)
        tree = Tree(entry.size, base64url.decode(entry.root))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Precondition(
            "the memory of signed checkpoints is damaged; nothing is signed until it is mended"
        ) from error
    if tree.size < 0 or len(tree.root) != HASH_BYTES:
        raise Precondition("the memory of signed checkpoints is damaged; nothing is signed until it is mended")
    return tree
