"""Submissions on their way: kept, sealed, until their receipt is verified, so that whoever dies in between sends the
very same bytes under the same key again, and never a second melding.

    died before `keep`      nothing was sent
    died after it           the next run with the same input finds it, and repeats it
    receipt verified        forgotten; kept for good where the sender chose the key: it always gives those bytes

A file holds sealed bytes and the reporter's secret (0600), and is named by digests: it says nothing of the content.
Who is sending holds a lock on it, so that two runs at the same time with the same input are two meldinger, unless the
sender gave both the same key.
"""

import fcntl
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from libs.errors import Malformed
from libs.sealing.secret import ReporterSecret
from libs.sender.submission import Submission

DOMAIN = b"samvern-outbox-v1\x00"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be sent."""

    digest: bytes
    key: str | None
    """The idempotency key the sender chose; None: one is drawn."""

    @classmethod
    def of(cls, fields: Sequence[bytes], key: str | None) -> "Intent":
        """The intent of all input that matters, in a fixed order."""
        framed = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
        return cls(hashlib.sha256(DOMAIN + framed).digest(), key)

    @property
    def name(self) -> str:
        """What the names of its files begin with."""
        return self.digest.hex() if self.key is None else hashlib.sha256(DOMAIN + self.key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission and the reporter's secret that goes with it."""

    submission: Submission
    secret: ReporterSecret


@dataclass(slots=True)
class Outbox:
    """A folder, made at the first use."""

    folder: Path
    _held: dict[str, tuple[Path, int]] = field(default_factory=dict)
    """By intent: the file we send from, and the open file whose lock we hold."""

    def find(self, intent: Intent) -> Kept | None:
        """What an earlier run kept for this intent and nobody is sending now.

        None also where its key was used for something else before: the portal then refuses the key.
        """
        for path in sorted(self.folder.glob(f"{intent.name}*.json")):
            file = self._lock(path, intent)
            if file is not None and file.intent == intent.digest.hex():
                return Kept(Submission.restored(file.body.encode()), ReporterSecret.parse(file.secret))
        return None

    def keep(self, intent: Intent, kept: Kept) -> Kept:
        """What is on disk now for this intent, and is to be sent: this one, or what another run kept under its key."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        melding_id = str(kept.submission.melding_id)
        new = self.folder / f"{melding_id}.new"
        path = self.folder / (f"{intent.name}-{melding_id}.json" if intent.key is None else f"{intent.name}.json")
        file = _File("samvern-outbox-1", intent.digest.hex(), kept.secret.digits, kept.submission.body.decode())
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with os.fdopen(os.dup(descriptor), "wb") as opened:
            opened.write(msgspec.json.encode(file))
            opened.flush()
            os.fsync(opened.fileno())
        try:
            path.hardlink_to(new)
        except FileExistsError:
            os.close(descriptor)
            return self.find(intent) or kept
        finally:
            new.unlink()
        self._held[intent.name] = (path, descriptor)
        return kept

    def forget(self, intent: Intent) -> None:
        """What we sent for this intent is not kept any more."""
        if intent.name in self._held:
            path, descriptor = self._held.pop(intent.name)
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def release(self) -> None:
        """Another run may send what is kept."""
        for _, descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def _lock(self, path: Path, intent: Intent) -> "_File | None":
        """The file's content; None if it is gone, or another run is sending it under a key that was drawn."""
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if intent.key is None else 0))
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except (BlockingIOError, FileNotFoundError):
            os.close(descriptor)
            return None
        except msgspec.MsgspecError as error:
            os.close(descriptor)
            raise Malformed(f"{path} is not a submission that was kept") from error
        if file.intent == intent.digest.hex():
            self._held[intent.name] = (path, descriptor)
        else:
            os.close(descriptor)
        return file


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["samvern-outbox-1"]
    intent: str
    secret: str
    body: str
