"""What the outside may know of an instance's keys, as services/keys wrote it: origin and verifier key of each log."""

import msgspec

from libs.cli.failure import Failure
from libs.cli.layout import Layout


class LogKey(msgspec.Struct, frozen=True):
    """One transparency log."""

    origin: str
    vkey: str
    """The verifier key (C2SP signed-note)."""


class LogKeys(msgspec.Struct, frozen=True):
    """Both logs."""

    keys: LogKey
    events: LogKey


def read_log_keys(layout: Layout) -> LogKeys:
    """The keys of both logs. Raises Failure when keys has not been provisioned."""
    try:
        return msgspec.json.decode(layout.logs_file.read_bytes(), type=LogKeys)
    except (OSError, msgspec.MsgspecError) as broken:
        raise Failure(f"{layout.logs_file} cannot be read: {broken}") from broken
