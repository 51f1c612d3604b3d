"""The signed head of a log (C2SP tlog-checkpoint): origin, number of leaves, root."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Self

from libs.errors import Malformed, StatementRefused
from libs.tlog.hashes import HASH_BYTES
from libs.tlog.note import VerifierKey, assemble_note, open_note

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says it is; believed only out of `open_checkpoint`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text that is signed. We write no extension lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint in a note's text; extension lines are ignored. Raises Malformed."""
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1] or not _SIZE.fullmatch(lines[1]):
            raise Malformed("a checkpoint is the lines origin, size and root, none of them empty")
        return cls(lines[0], int(lines[1]), _parse_root(lines[2]))


def signed_note(checkpoint: Checkpoint, key: VerifierKey, signature: bytes) -> str:
    """The signed checkpoint, given the key's Ed25519 signature over `checkpoint.text`."""
    return assemble_note(checkpoint.text, [key.signature_line(signature)])


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint that the log's key signed; its origin is the key's name. Raises Malformed, StatementRefused."""
    checkpoint = Checkpoint.parse(open_note(note, [key]))
    if checkpoint.origin != key.name:
        raise StatementRefused("the checkpoint is that of another log")
    return checkpoint


def _parse_root(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != HASH_BYTES or base64.b64encode(value).decode() != text:
        raise Malformed(f"a root is the base64 of {HASH_BYTES} bytes")
    return value
