"""Our errors as gRPC statuses and back (google.rpc.Status in grpc-status-details-bin, AIP-193): reason in ErrorInfo,
the wait in RetryInfo. Between versions the reason decides; where it is missing, the status code does."""

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from grpc.aio import AioRpcError

from libs import errors
from libs.errors import SamvernError, error_for
from samvern.types.v1 import errors_pb2

INTERNAL_SENTENCE = "a mistake on our side; it has been logged"
DETAILS_KEY = "grpc-status-details-bin"
DETAIL_LIMIT = 1_000
"""Characters; a status travels in HTTP/2 trailers, which are small."""
PREFIX = "ERROR_REASON_"

_WITHOUT_REASON: dict[grpc.StatusCode, type[SamvernError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: errors.Malformed,
    grpc.StatusCode.NOT_FOUND: errors.NotFound,
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.TimedOut,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.Overloaded,
    grpc.StatusCode.UNAUTHENTICATED: errors.Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: errors.AccessDenied,
    grpc.StatusCode.UNAVAILABLE: errors.Unavailable,
    grpc.StatusCode.CANCELLED: errors.Unavailable,
    grpc.StatusCode.UNIMPLEMENTED: errors.Unavailable,
}
_SENTENCES: dict[type[SamvernError], str] = {
    errors.Malformed: "{peer} did not understand the request",
    errors.NotFound: "{peer} has no such thing",
    errors.TimedOut: "{peer} did not answer in time",
    errors.Overloaded: "{peer} is overloaded",
    errors.Unauthenticated: "{peer} does not know our certificate",
    errors.AccessDenied: "{peer} does not let us call this",
    errors.Unavailable: "{peer} cannot be reached",
    errors.Internal: "{peer} failed",
}


def status_code(error: SamvernError) -> grpc.StatusCode:
    """The gRPC status that carries the error."""
    return grpc.StatusCode[error.code]


def shown_detail(error: SamvernError) -> str:
    """What the caller may read: the error's detail, but never that of a mistake of ours."""
    return INTERNAL_SENTENCE if isinstance(error, errors.Internal) else error.detail[:DETAIL_LIMIT]


def trailers(error: SamvernError) -> tuple[tuple[str, bytes], ...]:
    """Trailing metadata with the rich status."""
    number: int = status_code(error).value[0]
    status = Status(code=number, message=shown_detail(error))
    _pack(status, ErrorInfo(reason=error.reason_name, domain=errors.DOMAIN))
    if error.retry_after_seconds is not None:
        delay = Duration()
        delay.FromMilliseconds(round(error.retry_after_seconds * 1000))
        _pack(status, RetryInfo(retry_delay=delay))
    return ((DETAILS_KEY, status.SerializeToString()),)


def error_from(failure: AioRpcError, peer: str) -> SamvernError:
    """The error that a failed call to `peer` stands for."""
    rich = _rich_status(failure)
    info, retry_after = _details(rich) if rich is not None else (None, None)
    if rich is not None and info is not None and info.domain == errors.DOMAIN:
        return error_for(_reason(info.reason), rich.message, retry_after)
    if "larger than max" in (failure.details() or ""):
        return errors.TooLarge(f"the message is larger than {peer} takes, or than we take from it")
    kind = _WITHOUT_REASON.get(failure.code(), errors.Internal)
    return kind(_SENTENCES[kind].format(peer=peer))


def _pack(status: Status, message: ErrorInfo | RetryInfo) -> None:
    packed = Any()
    packed.Pack(message)
    status.details.append(packed)


def _rich_status(failure: AioRpcError) -> Status | None:
    for key, value in failure.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                return Status.FromString(value)
            except DecodeError:
                return None
    return None


def _details(status: Status) -> tuple[ErrorInfo | None, float | None]:
    info: ErrorInfo | None = None
    retry_after: float | None = None
    for packed in status.details:
        if packed.Is(ErrorInfo.DESCRIPTOR):
            info = ErrorInfo()
            packed.Unpack(info)
        elif packed.Is(RetryInfo.DESCRIPTOR):
            retry = RetryInfo()
            packed.Unpack(retry)
            retry_after = retry.retry_delay.ToMilliseconds() / 1000
    return info, retry_after


def _reason(name: str) -> int:
    value = errors_pb2.ErrorReason.DESCRIPTOR.values_by_name.get(f"{PREFIX}{name}")
    return value.number if value is not None else errors_pb2.ERROR_REASON_INTERNAL
