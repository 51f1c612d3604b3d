"""The only names that a log line or a span may carry, each with what it means.

The content of a melding, a person's name, a fødselsnummer, an address on the net or a key is never among them. A field
is added here when a service needs it, in words that show it is none of these.
"""

from collections.abc import Mapping

Value = str | int | float | bool | None

TEXT_LIMIT = 300
"""Characters of a text value that are kept: enough for an id, a reason or one of our sentences."""

ALLOWED: Mapping[str, str] = {
    # What it is about: ids and numbers.
    "melding_id": "UUIDv4 of a melding",
    "receiver": "tjeneste id of a receiver",
    "tjeneste_id": "tjeneste id",
    "kommune": "kommunenummer",
    "bydel": "bydelsnummer",
    "epoch": "epoch of a receiver's numbering",
    "number": "number in a receiver's numbering",
    "from_number": "first number of a stretch",
    "to_number": "last number of a stretch",
    "position": "position in an outbox or a cursor",
    "key_id": "id of a public key or certificate",
    "log": "name of a Merkle log",
    "digest": "hex of a public digest",
    "snapshot_version": "version of a directory snapshot",
    "step": "step of a melding's life",
    "kind": "one of a fixed list of kinds",
    # Who and where.
    "caller": "certificate name of a caller, e.g. service/gateway",
    "peer": "certificate name of a peer, e.g. service/intake",
    "method": "RPC or operation by name",
    "route": "HTTP route as declared, without its values",
    "http_method": "HTTP method",
    "http_status": "HTTP status code",
    "transaction": "name of a database transaction",
    "worker": "name of a loop",
    "listen": "address that this process listens on",
    "port": "port that this process listens on",
    "version": "version of this software or of a protocol",
    "pid": "process id",
    # What came of it.
    "reason": "reason of one of our errors",
    "detail": "detail of one of our errors, safe by its contract",
    "code": "code of a foreign system, e.g. an SQLSTATE",
    "outcome": "one of a fixed list of outcomes",
    "state": "one of a fixed list of states",
    "cause": "types of the exceptions in a chain, without their texts",
    "frames": "where in the code, innermost last",
    "signal": "name of a signal",
    "migration": "name of a migration",
    # How much and how long.
    "count": "how many",
    "changed": "how many were changed",
    "failed": "how many failed",
    "attempt": "which attempt, from 1",
    "size": "number of leaves, entries or rows",
    "size_bytes": "size, padded where it is a melding's",
    "limit": "a configured limit",
    "pending": "how many still wait",
    "duration_seconds": "how long it took",
    "delay_seconds": "how long until the next attempt",
    "age_seconds": "how old something is",
    "valid_to": "when a certificate, label or statement ends",
    # Lines of foreign libraries.
    "logger": "name of the library's logger",
    "template": "first line of the message before its values are filled in",
}


def is_allowed(name: str, value: object) -> bool:
    """Whether the field may appear: a name of the list with a plain value."""
    return name in ALLOWED and (value is None or isinstance(value, str | int | float | bool))


def shortened(value: Value) -> Value:
    """The value, a text cut to TEXT_LIMIT characters, a duration to milliseconds."""
    if isinstance(value, float):
        return round(value, 3)
    return value[:TEXT_LIMIT] if isinstance(value, str) and len(value) > TEXT_LIMIT else value
