"""Looks for a canary in files: as UTF-8, UTF-16, hex and base64, bare or packed in a zip or another deflate stream."""

import base64
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ZIP_LOCAL_HEADER = b"PK\x03\x04"
_ZLIB_HEADER = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP_HEADER = b"\x1f\x8b\x08"
_MAX_UNPACKED_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """Where a canary was found, and in which form."""

    place: str
    form: str


def needles(canary: str) -> list[tuple[str, re.Pattern[bytes]]]:
    """Each form a canary can have in bytes. Base64 has three, by where in the text it begins."""
    text = canary.encode()
    forms = {"utf-8": text, "utf-16-le": canary.encode("utf-16-le"), "utf-16-be": canary.encode("utf-16-be")}
    patterns = [(form, re.compile(re.escape(needle))) for form, needle in forms.items()]
    for form, needle in forms.items():
        patterns.append((f"{form} as hex", re.compile(re.escape(needle.hex().encode()), re.IGNORECASE)))
        patterns.append((f"{form} as base64", re.compile(b"|".join(_base64_cores(needle)))))
    return patterns


def _base64_cores(needle: bytes) -> Iterator[bytes]:
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + needle)
        core = encoded[-(-lead * 8 // 6) : len(encoded) - (0 if (lead + len(needle)) % 3 == 0 else 4)]
        for alphabet in (core, core.translate(bytes.maketrans(b"+/", b"-_"))):
            yield re.escape(alphabet)


def search_bytes(place: str, content: bytes, canaries: Sequence[str]) -> list[Found]:
    """Every canary in the bytes or in a packed stream within them."""
    patterns = [needle for canary in canaries for needle in needles(canary)]
    found = [Found(place, form) for form, pattern in patterns if pattern.search(content)]
    for unpacked in _streams(content):
        found += [Found(place, f"{form}, packed") for form, pattern in patterns if pattern.search(unpacked)]
    return found


def search_files(roots: Sequence[Path], canaries: Sequence[str]) -> list[Found]:
    """Every canary in every file below the roots. Files that go away while we look are passed over."""
    found = []
    for path in _files(roots):
        try:
            content = path.read_bytes()
        except (FileNotFoundError, PermissionError):
            continue
        found += search_bytes(str(path), content, canaries)
    return found


def _files(roots: Sequence[Path]) -> list[Path]:
    paths = {Path(folder, name) for root in roots for folder, _, names in os.walk(root) for name in names}
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def _streams(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    at = content.find(_ZIP_LOCAL_HEADER)
    while at >= 0:
        name, extra = (int.from_bytes(content[at + place : at + place + 2], "little") for place in (26, 28))
        yield _inflate(view[at + 30 + name + extra :], -zlib.MAX_WBITS)
        at = content.find(_ZIP_LOCAL_HEADER, at + 4)
    for header in _ZLIB_HEADER.finditer(content):
        yield _inflate(view[header.start() :], zlib.MAX_WBITS)
    at = content.find(_GZIP_HEADER)
    while at >= 0:
        yield _inflate(view[at:], 16 + zlib.MAX_WBITS)
        at = content.find(_GZIP_HEADER, at + 3)


def _inflate(content: memoryview, wbits: int) -> bytes:
    unpacker = zlib.decompressobj(wbits)
    unpacked = bytearray()
    try:
        for start in range(0, len(content), 65536):
            unpacked += unpacker.decompress(content[start : start + 65536], _MAX_UNPACKED_BYTES - len(unpacked))
            if unpacker.eof or len(unpacked) >= _MAX_UNPACKED_BYTES:
                break
    except zlib.error:
        pass  # what was unpacked until here still counts
    return bytes(unpacked)
