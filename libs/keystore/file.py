"""A keystore in a folder: one encrypted PKCS #8 file a key (RFC 5958, PBES2 of RFC 8018), readable by its owner alone.

The passphrase lies in a file of its own, so that a copy of the folder alone is worth nothing; whoever can read both, or
the memory of the process, has the keys. For one machine and for demonstration; a cluster keeps its keys elsewhere.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from libs.errors import Precondition, Unavailable
from libs.keystore.held import HeldKeystore, PrivateKey

MIN_PASSPHRASE_CHARS = 32
"""A passphrase is made by a machine: 32 characters of base64 hold 192 bits, so the key derivation need not be slow."""


class FileKeystore(HeldKeystore):
    """Keys in `folder`, which is made (0700) when the first one is kept. Reads the passphrase once, here."""

    def __init__(self, folder: Path, passphrase_file: Path) -> None:
        self._folder = folder
        self._passphrase = _read_passphrase(passphrase_file)
        self._keys: dict[str, PrivateKey] = {}

    def _find(self, label: str) -> PrivateKey | None:
        if label not in self._keys:
            try:
                encrypted = self._path(label).read_bytes()
            except FileNotFoundError:
                return None
            except OSError as error:
                raise Unavailable(f"the key file {label} cannot be read: {error.strerror}") from error
            self._keys[label] = self._decrypted(label, encrypted)
        return self._keys[label]

    def _decrypted(self, label: str, encrypted: bytes) -> PrivateKey:
        try:
            key = load_pem_private_key(encrypted, self._passphrase)
        except (ValueError, TypeError) as error:
            raise Precondition(f"the key file {label} does not open with the passphrase given") from error
        if not isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
            raise Precondition(f"the key file {label} holds a key of another kind")
        return key

    def _keep(self, label: str, key: PrivateKey) -> PrivateKey:
        encryption = BestAvailableEncryption(self._passphrase)
        encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(self._path(label), encrypted)
        except OSError as error:
            raise Unavailable(f"the key file {label} cannot be written: {error.strerror}") from error
        kept = self._find(label)
        assert kept is not None  # _write_once leaves a file there, ours or one written at the same time.
        return kept

    def _path(self, label: str) -> Path:
        return self._folder / f"{label}.pem"


def _read_passphrase(file: Path) -> bytes:
    try:
        mode = file.stat().st_mode
        passphrase = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise Precondition(f"the passphrase file {file} cannot be read") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Precondition(f"the passphrase file {file} is open to others, expected mode 0600")
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise Precondition(
            f"the passphrase in {file} is too short, expected at least {MIN_PASSPHRASE_CHARS} characters"
        )
    return passphrase.encode()


def _write_once(path: Path, content: bytes) -> None:
    """The whole content lies at path, on disk, unless a file was there already; then that one stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")  # mkstemp makes it 0600.
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
