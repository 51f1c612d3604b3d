"""Signed notes and verifier keys (C2SP signed-note), Ed25519 only.

A note is text that ends in a newline, an empty line, and one signature line or more. Signatures of keys we do not know
are ignored, as witnesses may add theirs; one of a known key that does not hold refuses the whole note.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from libs.errors import Malformed, StatementRefused

ED25519 = b"\x01"
PUBLIC_KEY_BYTES = 32
KEY_ID_BYTES = 4
MAX_NOTE_BYTES = 100_000
MAX_SIGNATURES = 100

_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and a public key; `str()` is the vkey text that C2SP's tools take."""

    name: str
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key in "name+keyid+base64"; raises Malformed."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = _decode(encoded)
        if not _is_name(name) or material[:1] != ED25519 or len(material) != 1 + PUBLIC_KEY_BYTES:
            raise Malformed("this is not a verifier key; one looks like name+hex(key id)+base64(0x01 and 32 bytes)")
        key = cls(name, material[1:])
        if key.key_id.hex() != key_id:
            raise Malformed("the verifier key's id does not fit its name and key")
        return key

    @property
    def key_id(self) -> bytes:
        """Four bytes that stand before each of its signatures."""
        named = self.name.encode() + b"\n" + ED25519 + self.public_key
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(ED25519 + self.public_key)}"

    def signature_line(self, signature: bytes) -> str:
        """The line of this key's Ed25519 signature over a note's text."""
        return f"{_DASH}{self.name} {_encode(self.key_id + signature)}\n"


def assemble_note(text: str, signature_lines: Sequence[str]) -> str:
    """The signed note of a text, which ends in a newline, and its signature lines."""
    return f"{text}\n{''.join(signature_lines)}"


def open_note(note: str, keys: Sequence[VerifierKey]) -> str:
    """The text of a note that at least one of the keys signed; raises Malformed or StatementRefused."""
    text, signatures = _split(note)
    verified = False
    for name, signature in signatures:
        for key in keys:
            if (key.name, key.key_id) == (name, signature[:KEY_ID_BYTES]):
                _verify(key, signature[KEY_ID_BYTES:], text)
                verified = True
    if not verified:
        raise StatementRefused("no key that we know has signed the note")
    return text


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > MAX_NOTE_BYTES or any(char < " " and char != "\n" for char in note):
        raise Malformed(f"a note has no control characters and at most {MAX_NOTE_BYTES} characters")
    text, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise Malformed("a note is text, an empty line and signature lines, each ended by a newline")
    return text + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signature = _decode(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or len(signature) <= KEY_ID_BYTES:
        raise Malformed("a signature line is an em dash, a key name and base64")
    return name, signature


def _verify(key: VerifierKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode())
    except InvalidSignature as error:
        raise StatementRefused("the note's signature does not hold") from error


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(text: str) -> bytes:
    """Standard base64, canonical; empty where it is not."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return value if _encode(value) == text else b""
