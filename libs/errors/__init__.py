"""Every error a caller can meet.

SamvernError
 ├─ Malformed          the request's form is wrong; mend it
 ├─ TooLarge           larger than a stated limit
 ├─ NotFound           no such thing, or none that this caller may see
 ├─ NotConnected       the place has no barnevernstjeneste connected; nothing was accepted
 ├─ KeyConflict        the same key came with other bytes
 ├─ LabelRefused       the address label is forged, for another receiver or past its end
 ├─ DigestMismatch     a digest does not fit the bytes
 ├─ SealMalformed      a sealed part is not what its suite says
 ├─ StatementRefused   a statement's signature, type or certification does not hold
 ├─ Unauthenticated    no certificate that we know
 ├─ AccessDenied       the caller may not call this
 ├─ Precondition       the state does not allow it
 ├─ LeaseLost          another stream has taken over
 ├─ Overloaded         too much at once; repeat later
 ├─ Unavailable        something we depend on is away; repeat later
 ├─ OutcomeUnknown     we do not know whether it was done; repeat with the same key
 ├─ TimedOut           not in time
 └─ Internal           a mistake of ours; the cause is in our log

`detail` is one English sentence that is safe to show: what was wrong, what was expected, what to do. It never holds
the content of a melding, a name, a fødselsnummer or a key. `reason` is the enum on the wire (google.rpc.ErrorInfo in
the domain "samvern.no"), `code` the name of the gRPC status that carries it.
"""

from typing import ClassVar

from samvern.types.v1 import errors_pb2

DOMAIN = "samvern.no"


class SamvernError(Exception):
    """The root; never raised itself."""

    reason: ClassVar["errors_pb2.ErrorReason.ValueType"] = errors_pb2.ERROR_REASON_UNSPECIFIED
    code: ClassVar[str] = "UNKNOWN"

    def __init__(self, detail: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds

    @property
    def reason_name(self) -> str:
        """The reason as on the wire, for instance "KEY_CONFLICT"."""
        return str(errors_pb2.ErrorReason.Name(self.reason)).removeprefix("ERROR_REASON_")


class Malformed(SamvernError):
    """The request's form is wrong. Repeating does not help."""

    reason = errors_pb2.ERROR_REASON_MALFORMED
    code = "INVALID_ARGUMENT"


class TooLarge(SamvernError):
    """Larger than a stated limit."""

    reason = errors_pb2.ERROR_REASON_TOO_LARGE
    code = "RESOURCE_EXHAUSTED"


class NotFound(SamvernError):
    """No such thing, or none that this caller may see."""

    reason = errors_pb2.ERROR_REASON_NOT_FOUND
    code = "NOT_FOUND"


class NotConnected(SamvernError):
    """The place is known, but its barnevernstjeneste is not connected. Nothing was accepted."""

    reason = errors_pb2.ERROR_REASON_NOT_CONNECTED
    code = "FAILED_PRECONDITION"


class KeyConflict(SamvernError):
    """The same idempotency key, or the same melding id, came with other bytes."""

    reason = errors_pb2.ERROR_REASON_KEY_CONFLICT
    code = "ALREADY_EXISTS"


class LabelRefused(SamvernError):
    """The address label is forged, for another receiver, or past accept_until. Fetch a new one."""

    reason = errors_pb2.ERROR_REASON_LABEL_REFUSED
    code = "INVALID_ARGUMENT"


class DigestMismatch(SamvernError):
    """A digest does not fit the bytes it speaks of."""

    reason = errors_pb2.ERROR_REASON_DIGEST_MISMATCH
    code = "INVALID_ARGUMENT"


class SealMalformed(SamvernError):
    """A sealed part is not what its suite says. All failures to open look alike."""

    reason = errors_pb2.ERROR_REASON_SEAL_MALFORMED
    code = "INVALID_ARGUMENT"


class StatementRefused(SamvernError):
    """A statement's signature, type or certification does not hold."""

    reason = errors_pb2.ERROR_REASON_STATEMENT_REFUSED
    code = "INVALID_ARGUMENT"


class Unauthenticated(SamvernError):
    """The caller shows no certificate that we know."""

    reason = errors_pb2.ERROR_REASON_UNAUTHENTICATED
    code = "UNAUTHENTICATED"


class AccessDenied(SamvernError):
    """The caller may not call this."""

    reason = errors_pb2.ERROR_REASON_ACCESS_DENIED
    code = "PERMISSION_DENIED"


class Precondition(SamvernError):
    """The state does not allow it."""

    reason = errors_pb2.ERROR_REASON_PRECONDITION
    code = "FAILED_PRECONDITION"


class LeaseLost(SamvernError):
    """Another stream has taken over this receiver."""

    reason = errors_pb2.ERROR_REASON_LEASE_LOST
    code = "ABORTED"


class Overloaded(SamvernError):
    """Too much at once. Nothing was done; repeat after `retry_after_seconds`."""

    reason = errors_pb2.ERROR_REASON_OVERLOADED
    code = "RESOURCE_EXHAUSTED"


class Unavailable(SamvernError):
    """Something we depend on is away. Nothing was done; repeat later."""

    reason = errors_pb2.ERROR_REASON_UNAVAILABLE
    code = "UNAVAILABLE"


class OutcomeUnknown(SamvernError):
    """It may or may not have been done. Repeat with the same key, or read."""

    reason = errors_pb2.ERROR_REASON_OUTCOME_UNKNOWN
    code = "UNKNOWN"


class TimedOut(SamvernError):
    """Not in time. It may or may not have been done."""

    reason = errors_pb2.ERROR_REASON_TIMED_OUT
    code = "DEADLINE_EXCEEDED"


class Internal(SamvernError):
    """A mistake of ours. Callers see one fixed sentence."""

    reason = errors_pb2.ERROR_REASON_INTERNAL
    code = "INTERNAL"


ALL: tuple[type[SamvernError], ...] = tuple(SamvernError.__subclasses__())

_BY_REASON: dict[int, type[SamvernError]] = {int(kind.reason): kind for kind in ALL}


def error_for(reason: int, detail: str, retry_after_seconds: float | None = None) -> SamvernError:
    """The error that a reason on the wire stands for; a reason we do not know yet (a newer peer's) is Internal."""
    kind = _BY_REASON.get(reason, Internal)
    return kind(detail, retry_after_seconds=retry_after_seconds)
