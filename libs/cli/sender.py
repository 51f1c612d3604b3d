"""What the commands of a sender share: the portal, what is kept beside the instance, and how a result is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

from libs.cli.failure import Failure, NothingRuns
from libs.cli.instance import Instance
from libs.cli.layout import Layout
from libs.cli.state import replace_file
from libs.cli.trust import read_log_keys
from libs.sealing.secret import ReporterSecret
from libs.sender.client import NativeClient
from libs.sender.keylog import KeyLog, log_reader
from libs.sender.outbox import Outbox
from libs.statements import Root
from libs.statements.document import verify_document
from libs.statements.payloads import Receipt
from libs.tlog.note import VerifierKey

HTTP_SECONDS = 20.0


@dataclass(frozen=True)
class Sender:
    """A case system beside the instance: it trusts the instance's root and keeps its own things under `sender/`."""

    layout: Layout
    client: NativeClient

    @classmethod
    @contextmanager
    def open(cls, data: Path) -> Iterator[Self]:
        """The sender of a running instance. Raises NothingRuns."""
        instance = Instance.open(data)
        with httpx.Client(base_url=instance.portal_url, timeout=HTTP_SECONDS) as http:
            yield cls(instance.layout, NativeClient(http, read_root(instance.root_file)))

    @property
    def outbox(self) -> Outbox:
        """Where submissions lie until their receipt is verified."""
        return Outbox(self.layout.data / "sender" / "outbox")

    @property
    def key_log(self) -> KeyLog:
        """The public key log, as the portal serves it."""
        vkey = VerifierKey.parse(read_log_keys(self.layout).keys.vkey)
        return KeyLog(log_reader(self.client.http, "/log/keys"), vkey)

    def secret_file(self, melding_id: str) -> Path:
        """Where the reporter's secret lies unless another file was named."""
        return self.layout.data / "sender" / "secrets" / melding_id


def read_root(path: Path) -> Root:
    """The pinned root. Raises NothingRuns when there is none."""
    try:
        return Root.load(path)
    except OSError as error:
        raise NothingRuns(f"Finner ingen rot i {path}; oppgi den med --root") from error


def read_receipt(path: Path, root: Root) -> tuple[bytes, Receipt]:
    """A receipt file, every byte verified. Raises Failure, StatementRefused."""
    document = read_file(path)
    return document, verify_document(document, root)


def read_file(path: Path) -> bytes:
    """The file's bytes; "-" is standard input. Raises Failure."""
    try:
        return Path("/dev/stdin").read_bytes() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise Failure(f"Kan ikke lese {path}: {error.strerror}") from error


def write_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """The file has this content and mode, in one step. Raises Failure."""
    try:
        replace_file(path, content, mode)
    except OSError as error:
        raise Failure(f"Kan ikke skrive {path}: {error.strerror}") from error


def write_secret(path: Path, secret: ReporterSecret) -> None:
    """The forty digits, for the owner alone."""
    write_file(path, f"{secret.digits}\n".encode(), 0o600)
