"""The files of keys beside its key files: certifications for itself, root.json and logs.json for the world."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from libs.errors import Precondition
from libs.statements import Root
from libs.tlog.note import VerifierKey
from services.keys.keyring import Certifications


def load_certifications(keystore_dir: Path) -> Certifications | None:
    """The certifications, or None before the first provisioning. Raises Precondition for a damaged file."""
    file = _certifications_file(keystore_dir)
    if not file.exists():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Certifications)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Precondition(f"{file} does not hold certifications; remove it and provision again") from error


def save_certifications(keystore_dir: Path, certifications: Certifications) -> None:
    """The file holds these, whole."""
    write_whole(_certifications_file(keystore_dir), msgspec.json.encode(certifications))


def publish_root(file: Path, root: Root) -> None:
    """root.json holds this root. Raises Precondition where it holds another: people have pinned that one."""
    if file.exists() and file.read_bytes() != root.encode():
        raise Precondition(f"{file} holds another root than the keystore; restore the keystore that belongs to it")
    write_whole(file, root.encode())


def publish_logs(file: Path, verifiers: Mapping[str, VerifierKey]) -> None:
    """logs.json holds origin and verifier key of each log."""
    logs = {log: {"origin": verifier.name, "vkey": str(verifier)} for log, verifier in verifiers.items()}
    write_whole(file, msgspec.json.encode(logs))


def write_whole(file: Path, content: bytes) -> None:
    """The file holds this content, on disk; whoever reads it meanwhile sees the old or the new content."""
    if file.exists() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    with new.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _certifications_file(keystore_dir: Path) -> Path:
    return keystore_dir / "certifications.json"
