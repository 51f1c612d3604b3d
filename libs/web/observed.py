"""Counts, times and traces what is asked over HTTP, by route alone.

A span here begins a trace of its own, whatever trace the request says it belongs to, and knows neither who asks nor
what: no path, query, header or address. The call that submits a melding does not carry it on (libs/rpc/channel.py).
"""

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from libs.telemetry.telemetry import Telemetry
from libs.world import Clock

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
OTHER = "other"
"""Any other method, and a path that no route has: what strangers make up is no name of ours."""
NO_ANSWER = 0
"""The status of a request whose sender went away."""


class Observed:
    """An ASGI app around a Litestar app."""

    def __init__(self, app: ASGIApp, clock: Clock, telemetry: Telemetry) -> None:
        self._app = app
        self._clock = clock
        self._telemetry = telemetry
        labels = ("method", "route", "status")
        self._requests = telemetry.counter("http_requests_total", "HTTP requests answered, by route.", labels)
        self._seconds = telemetry.histogram("http_seconds", "How long HTTP requests took.", ("route",))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on; anything but a request goes untouched."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        status = NO_ANSWER

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = self._clock.monotonic()
        method = _method(scope)
        with self._telemetry.span("http_request", parent="") as span:
            try:
                await self._app(scope, receive, send_noting)
            finally:
                route = _route(scope)
                span.set(http_method=method, route=route, http_status=status)
                self._requests.labels(method, route, str(status)).inc()
                self._seconds.labels(route).observe(self._clock.monotonic() - started)


def _method(scope: Any) -> str:
    return scope["method"] if scope["method"] in METHODS else OTHER


def _route(scope: Any) -> str:
    """As declared, e.g. "/api/native/v1/labels/{kommune}/{bydel}"; the router writes it into the scope."""
    return scope.get("path_template") or OTHER
