"""What an error looks like over HTTP: the one table from reason to status, and the one form of each answer.

Under /api an error is JSON: {"error": {"reason", "message", "detail", "retry_after_seconds"?}}; elsewhere a page. The
message is Norwegian, for people, from texts/; the detail English, for whoever repairs a program.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from libs.errors import NotConnected, SamvernError, TimedOut
from libs.telemetry.telemetry import Telemetry
from libs.web.admission import TooManyFromHere
from libs.web.body import BodyUnread
from services.gateway.texts import Texts

STATUS_OF_REASON = {
    "MALFORMED": 400,
    "TOO_LARGE": 413,
    "NOT_FOUND": 404,
    "NOT_CONNECTED": 409,
    "KEY_CONFLICT": 409,
    "LABEL_REFUSED": 422,
    "DIGEST_MISMATCH": 422,
    "SEAL_MALFORMED": 422,
    "STATEMENT_REFUSED": 422,
    "PRECONDITION": 409,
    "LEASE_LOST": 409,
    "OVERLOADED": 503,
    "UNAVAILABLE": 503,
    "OUTCOME_UNKNOWN": 503,
    "TIMED_OUT": 504,
    "INTERNAL": 500,
}
"""A reason that is missing here (we are refused by a peer, say) is a mistake of ours and shown as INTERNAL."""

_REASON_OF_STATUS = {404: "NOT_FOUND", 413: "TOO_LARGE", 429: "OVERLOADED", 503: "UNAVAILABLE"}
_RETRY_SECONDS = {"OVERLOADED": 2.0, "UNAVAILABLE": 5.0, "OUTCOME_UNKNOWN": 2.0, "TIMED_OUT": 5.0}
_OUR_MISTAKE = "a mistake of ours; its cause is in our log"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it is shown."""

    status: int
    reason: str
    detail: str
    retry_after_seconds: int | None = None
    contact: dict[str, Any] | None = None
    """With NOT_CONNECTED: whom to phone instead."""


class NotConnectedHere(NotConnected):
    """A place without a connected tjeneste, with what is known of whom to phone."""

    def __init__(self, contact: dict[str, Any]) -> None:
        super().__init__("the place has no barnevernstjeneste connected; nothing can be accepted for it")
        self.contact = contact


def fault_of(error: Exception) -> Fault:
    """How an exception is shown; nothing of one that is not ours."""
    if isinstance(error, BodyUnread):
        fault = fault_of(error.error)
        is_slow = isinstance(error.error, TimedOut)
        return Fault(408 if is_slow else fault.status, fault.reason, fault.detail, fault.retry_after_seconds)
    if isinstance(error, HTTPException):
        reason = _REASON_OF_STATUS.get(error.status_code, "MALFORMED" if error.status_code < 500 else "INTERNAL")
        return Fault(error.status_code, reason, f"HTTP {error.status_code} for this method and path")
    if not isinstance(error, SamvernError) or error.reason_name not in STATUS_OF_REASON:
        return Fault(500, "INTERNAL", _OUR_MISTAKE)
    status = 429 if isinstance(error, TooManyFromHere) else STATUS_OF_REASON[error.reason_name]
    contact = error.contact if isinstance(error, NotConnectedHere) else None
    return Fault(status, error.reason_name, error.detail, _retry_after(error), contact)


def _retry_after(error: SamvernError) -> int | None:
    seconds = error.retry_after_seconds or _RETRY_SECONDS.get(error.reason_name)
    return None if seconds is None else max(1, math.ceil(seconds))


class _Error(msgspec.Struct, frozen=True, omit_defaults=True):
    reason: str
    message: str
    detail: str
    retry_after_seconds: int | None = None
    contact: dict[str, Any] | None = None


class _ErrorAnswer(msgspec.Struct, frozen=True):
    error: _Error


RenderError = Callable[[Fault, str], Response[Any]]
"""Makes the page of a fault and its Norwegian sentence."""


def error_handlers(texts: Texts, telemetry: Telemetry, render: RenderError) -> ExceptionHandlersMap:
    """Handlers for everything that can be raised, the framework's own errors included."""
    answered = telemetry.counter("http_errors_total", "Errors answered over HTTP.", ("reason",))

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        fault = fault_of(error)
        answered.labels(fault.reason).inc()
        if fault.reason == "INTERNAL":
            telemetry.log.failure("request_failed", error)
        message = texts.error(fault.reason)
        response = _as_json(fault, message) if request.url.path.startswith("/api/") else render(fault, message)
        if fault.retry_after_seconds is not None:
            response.headers["Retry-After"] = str(fault.retry_after_seconds)
        if isinstance(error, BodyUnread):
            response.headers["Connection"] = "close"
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update({name: value for name, value in error.headers.items() if name.lower() == "allow"})
        return response

    return {SamvernError: answer, BodyUnread: answer, HTTPException: answer, Exception: answer}


def _as_json(fault: Fault, message: str) -> Response[Any]:
    error = _Error(fault.reason, message, fault.detail, fault.retry_after_seconds, fault.contact)
    return Response(msgspec.json.encode(_ErrorAnswer(error)), status_code=fault.status, media_type="application/json")
