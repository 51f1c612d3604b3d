"""What an error looks like over HTTP: JSON under /api, {"error": {"reason", "message", "detail"}}; elsewhere a page.

The message is Norwegian, for people, from texts/; the detail English, for whoever repairs a program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from libs.errors import SamvernError
from libs.telemetry.telemetry import Telemetry
from services.delivery_node.texts import Texts

STATUS_OF_REASON = {
    "MALFORMED": 400,
    "UNAUTHENTICATED": 401,
    "ACCESS_DENIED": 403,
    "NOT_FOUND": 404,
    "PRECONDITION": 409,
    "TOO_LARGE": 413,
    "OVERLOADED": 503,
    "UNAVAILABLE": 503,
    "OUTCOME_UNKNOWN": 503,
    "TIMED_OUT": 504,
}
_REASON_OF_STATUS = {401: "UNAUTHENTICATED", 403: "ACCESS_DENIED", 404: "NOT_FOUND", 413: "TOO_LARGE"}

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it is shown."""

    status: int
    reason: str
    detail: str

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"Retry-After": "5"} if self.status in (503, 504) else {}


def fault_of(error: Exception) -> Fault:
    """How an exception is shown; nothing of one that is not ours."""
    if isinstance(error, HTTPException):
        reason = _REASON_OF_STATUS.get(error.status_code, "MALFORMED" if error.status_code < 500 else "INTERNAL")
        return Fault(error.status_code, reason, f"HTTP {error.status_code} for this method and path")
    if isinstance(error, SamvernError) and error.reason_name in STATUS_OF_REASON:
        return Fault(STATUS_OF_REASON[error.reason_name], error.reason_name, error.detail)
    return Fault(500, "INTERNAL", "a mistake of ours; its cause is in our log")


ErrorPage = Callable[[Fault, str], Response[str]]


class Answers:
    """Makes the answers to errors."""

    def __init__(self, texts: Texts, telemetry: Telemetry, page: ErrorPage) -> None:
        self._texts = texts
        self._telemetry = telemetry
        self._page = page

    @property
    def handlers(self) -> ExceptionHandlersMap:
        """For Litestar: every exception becomes an answer of ours."""
        return {Exception: self._handle, HTTPException: self._handle}

    def answer(self, path: str, error: Exception) -> Response[Any]:
        """The answer to an error at this path."""
        fault = fault_of(error)
        message = self._texts.errors[fault.reason]
        if not path.startswith("/api/"):
            response: Response[Any] = self._page(fault, message)
        else:
            content = {"error": {"reason": fault.reason, "message": message, "detail": fault.detail}}
            response = Response(content, status_code=fault.status)
        response.headers.update(fault.headers)
        return response

    def _handle(self, request: AnyRequest, error: Exception) -> Response[Any]:
        fault = fault_of(error)
        if fault.status >= 500:
            self._telemetry.log.failure("request_failed", error, http_method=request.method, http_status=fault.status)
        return self.answer(request.url.path, error)
