"""Whether the certificate of a label stands in the public key log, as it must before anyone may seal to it."""

from dataclasses import dataclass

import httpx

from libs.errors import NotFound, Precondition, StatementRefused, Unavailable
from libs.sealing import base64url
from libs.sender.submission import Address
from libs.tlog.checkpoint import Checkpoint
from libs.tlog.key_entry import KeyEntry
from libs.tlog.note import VerifierKey
from libs.tlog.verifier import Fetch, verify_entry


def log_reader(http: httpx.Client, prefix: str) -> Fetch:
    """Reads a log's files below `prefix` ("/log/keys"). Raises NotFound, or Unavailable when it cannot be reached."""

    def fetch(path: str) -> bytes:
        try:
            response = http.get(f"{prefix}/{path}")
        except httpx.HTTPError as error:
            raise Unavailable(f"{prefix} cannot be reached") from error
        if response.status_code == 404:
            raise NotFound(f"{prefix} has no {path}")
        if not response.is_success:
            raise Unavailable(f"{prefix}/{path} was answered with {response.status_code}")
        return response.content

    return fetch


@dataclass(frozen=True, slots=True)
class KeyLog:
    """The key log of one portal."""

    fetch: Fetch
    key: VerifierKey

    def check(self, address: Address) -> Checkpoint:
        """The checkpoint under which the address's certificate stands as valid.

        Raises StatementRefused when it does not stand there, Unavailable when the log cannot be read.
        """
        try:
            self.fetch("checkpoint")
        except NotFound as error:
            raise Unavailable("the key log is not served here") from error
        case = next(each for each in address.label.certificates if each.purpose == "case")
        entry = KeyEntry.make(str(address.receiver), "case", "valid", base64url.decode(case.der))
        try:
            return verify_entry(self.fetch, self.key, case.log_index, entry.encode())
        except (NotFound, Precondition) as error:
            raise StatementRefused("the label's certificate does not stand in the key log where it says") from error
