"""The case part before it is sealed: a manifest, the files byte for byte, and zeros up to a size bucket.

Length of the manifest (4 bytes, big-endian), manifest (JSON), files in the manifest's order without anything between
them, zeros. The first file is the report document, so that what is opened equals what was sealed; why not a zip or a
MIME message is in docs/adr/0001. Readers ignore manifest fields they do not know: what a reader must understand gets
a new `format`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from libs.errors import Malformed, SealMalformed
from libs.sealing import base64url
from libs.values import MeldingId

DOCUMENT_NAME = "bekymringsmelding.json"
SMALL_BUCKETS = (4096, 8192, 16384, 32768, 65536)
BUCKET_STEP_BYTES = 65536
"""Above 64 KiB the buckets are its multiples: the size tells little, and a melding of 2 MB grows by 3 % at most."""
MAX_FILES = 100

_FILE_NAME = re.compile(r"[a-z0-9-]{1,60}\.[a-z0-9]{1,8}")
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,100}")

DocumentVersion = Literal["privat.v2", "offentlig.v2"]


class ReplyKey(msgspec.Struct, frozen=True):
    """The reporter's public key for answers, as JWK (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["X25519"]
    x: str

    @classmethod
    def of(cls, public_key: bytes) -> "ReplyKey":
        """The JWK of 32 bytes."""
        return cls(kty="OKP", crv="X25519", x=base64url.encode(public_key))

    @property
    def public_key(self) -> bytes:
        """The 32 bytes; raises Malformed."""
        raw = base64url.decode(self.x)
        if len(raw) != 32:
            raise Malformed(f"got a reply key of {len(raw)} bytes, expected 32")
        return raw


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One file; the first of a case is the report document, the others its attachments."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a case says of itself beside its files."""

    melding_id: MeldingId
    document_version: DocumentVersion
    wants_name_withheld: bool = False
    reply_key: ReplyKey | None = None
    """None: the reporter cannot be answered here."""


@dataclass(frozen=True, slots=True)
class Case:
    """An opened case part."""

    manifest: Manifest
    files: tuple[CaseFile, ...]

    @property
    def document(self) -> bytes:
        """The report document, byte for byte."""
        return self.files[0].content


class _WireFile(msgspec.Struct, frozen=True):
    name: str
    media_type: str
    size: int
    sha256: str


class _WireManifest(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal["samvern-case-1"]
    melding_id: str
    files: list[_WireFile]
    reply_key: ReplyKey | msgspec.UnsetType = msgspec.UNSET
    wants_name_withheld: bool
    document_version: DocumentVersion


def bucket_size(size_bytes: int) -> int:
    """The smallest bucket that holds so many bytes."""
    for bucket in SMALL_BUCKETS:
        if size_bytes <= bucket:
            return bucket
    return -(-size_bytes // BUCKET_STEP_BYTES) * BUCKET_STEP_BYTES


def pack_case(manifest: Manifest, files: Sequence[CaseFile]) -> bytes:
    """The plaintext of a case part, padded to its bucket. Raises Malformed for files that open_case would refuse."""
    wire = _WireManifest(
        format="samvern-case-1",
        melding_id=str(manifest.melding_id),
        files=[_entry(file) for file in files],
        reply_key=manifest.reply_key or msgspec.UNSET,
        wants_name_withheld=manifest.wants_name_withheld,
        document_version=manifest.document_version,
    )
    _check_files(wire.files)
    head = msgspec.json.encode(wire)
    content = b"".join([len(head).to_bytes(4, "big"), head, *(file.content for file in files)])
    return content.ljust(bucket_size(len(content)), b"\x00")


def _entry(file: CaseFile) -> _WireFile:
    return _WireFile(file.name, file.media_type, len(file.content), hashlib.sha256(file.content).hexdigest())


def _check_files(entries: Sequence[_WireFile]) -> None:
    if not 1 <= len(entries) <= MAX_FILES:
        raise Malformed(f"got {len(entries)} files, expected 1 to {MAX_FILES}")
    if (entries[0].name, entries[0].media_type) != (DOCUMENT_NAME, "application/json"):
        raise Malformed(f"expected {DOCUMENT_NAME} (application/json) as the first file")
    if len({entry.name for entry in entries}) != len(entries):
        raise Malformed("two files have the same name")
    for index, entry in enumerate(entries):
        if not _FILE_NAME.fullmatch(entry.name) or not _MEDIA_TYPE.fullmatch(entry.media_type):
            raise Malformed(f"file {index} has a name or media type of another form, expected e.g. vedlegg-1.pdf")
        if entry.size < 0:
            raise Malformed(f"file {index} has a size below zero")


def open_case(plaintext: bytes) -> Case:
    """The case, every file of the size and SHA-256 that its manifest says. Raises SealMalformed."""
    try:
        return _opened(plaintext)
    except (Malformed, msgspec.MsgspecError, UnicodeError) as error:
        raise SealMalformed("the case part's content is not of the form samvern-case-1") from error


def _opened(plaintext: bytes) -> Case:
    start = 4 + int.from_bytes(plaintext[:4], "big")
    wire = msgspec.json.decode(plaintext[4:start], type=_WireManifest)
    _check_files(wire.files)
    end = start + sum(entry.size for entry in wire.files)
    if len(plaintext) != bucket_size(end) or plaintext[end:].strip(b"\x00"):
        raise Malformed("the files and their padding do not fill the bucket")
    files = []
    for entry in wire.files:
        content = plaintext[start : start + entry.size]
        start += entry.size
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise Malformed("a file differs from its digest")
        files.append(CaseFile(entry.name, entry.media_type, content))
    return Case(_manifest(wire), tuple(files))


def _manifest(wire: _WireManifest) -> Manifest:
    reply_key = None if isinstance(wire.reply_key, msgspec.UnsetType) else ReplyKey.of(wire.reply_key.public_key)
    return Manifest(MeldingId.parse(wire.melding_id), wire.document_version, wire.wants_name_withheld, reply_key)
