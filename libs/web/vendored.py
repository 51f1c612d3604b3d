"""Files of other people that lie in our tree: each with package, version, licence and SHA-256 in a manifest beside it.

They are copied once, so that a bare machine needs no other registry; a `full` check makes them again and compares.
"""

import hashlib
from pathlib import Path

import msgspec

MANIFEST = "vendored.json"


class VendoredFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file and where it came from."""

    path: str
    sha256: str
    source: str
    """Path in the package, or the command that makes it from the package."""


class VendoredPackage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One package in one version."""

    name: str
    version: str
    licence: str
    what_for: str
    files: tuple[VendoredFile, ...]


def read_manifest(folder: Path) -> tuple[VendoredPackage, ...]:
    """The packages whose files lie in the folder."""
    return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=tuple[VendoredPackage, ...])


def differing_files(folder: Path) -> list[str]:
    """Files that are not what the manifest says, or that it does not name; empty when all is well."""
    expected = {file.path: file.sha256 for package in read_manifest(folder) for file in package.files}
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    return sorted(name for name in {**expected, **found} if expected.get(name) != found.get(name))
