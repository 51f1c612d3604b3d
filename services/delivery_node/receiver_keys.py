"""The node's receiver certificates: which key of the keystore opens a part that names a key id.

A certificate is public and lies beside the keystore, one DER file named for its key; retired ones stay as long as a
sender may hold them. The key id is the certificate's SHA-256, so a certificate made anew would be another address.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from libs.errors import Precondition
from libs.keystore import Keystore, KeyUnwrapper, SelfSigned
from libs.sealing.jwe import Unwrapper, key_id_of
from libs.world import Ids

CASE_KEY = "case"
CERTIFICATE_DAYS = 730
"""Two years: far longer than senders may be cut off (design 2, P7), short enough that rotation is practised."""
FOLDER = "certificates"
_SERIAL_BYTES = 19
"""RFC 5280 4.1.2.2 allows 20 octets, and the first must not look negative."""


@dataclass(frozen=True, slots=True)
class ReceiverKeys:
    """Names of the keystore's keys by the key id that senders know."""

    names: Mapping[str, str]

    @classmethod
    def load(cls, keystore_dir: Path) -> Self:
        """The keys that have certificates. Raises Precondition where there is none: provision the node first."""
        paths = sorted((keystore_dir / FOLDER).glob("*.der"))
        if not paths:
            raise Precondition("the node has no receiver certificate; provision it first")
        return cls({key_id_of(path.read_bytes()): path.stem for path in paths})

    def unwrapper(self, keystore: Keystore, key_id: str) -> Unwrapper | None:
        """Who opens parts that name this key id; None where no key of ours has it."""
        name = self.names.get(key_id)
        return KeyUnwrapper(keystore, name) if name is not None else None


async def ensure_certificate(keystore: Keystore, keystore_dir: Path, subject: str, now: datetime, ids: Ids) -> bytes:
    """The certificate (DER) of the receiver key, which both exist from now on. Idempotent."""
    path = keystore_dir / FOLDER / f"{CASE_KEY}.der"
    if path.exists():
        return path.read_bytes()
    await keystore.ensure_unwrapping_key(CASE_KEY)
    contents = SelfSigned(
        common_name=subject,
        serial_number=int.from_bytes(ids.token(_SERIAL_BYTES), "big") + 1,
        valid_from=now,
        valid_to=now + timedelta(days=CERTIFICATE_DAYS),
    )
    certificate = await keystore.certify_unwrapping_key(CASE_KEY, contents)
    _keep(path, certificate)
    return certificate


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
