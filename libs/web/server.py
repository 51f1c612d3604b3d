"""Serves an ASGI app on the program's own loop, with the limits that uvicorn leaves open.

uvicorn limits neither the size of headers nor the time they take, and it takes over signals; here both are bounded and
signals stay with the process. What a handler reads of a body is limited in libs/web/body.py.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import msgspec
import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 32 * 1024
HEADER_SECONDS = 10.0
"""From the connection, or from the first byte of a further request, to the end of its headers."""
KEEP_ALIVE_SECONDS = 20
MAX_CONNECTIONS = 1_000
GRACE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class RunningHttp:
    """A server that accepts connections."""

    port: int


@contextlib.asynccontextmanager
async def serve_http(app: ASGIApp, listen: str, *, trusted_proxies: tuple[str, ...] = ()) -> AsyncIterator[RunningHttp]:
    """Accepts connections on "host:port" (port 0: any) inside the block; on leaving, running requests get five seconds.

    Only `trusted_proxies` may name another client address in X-Forwarded-For. Raises OSError when it cannot listen.
    """
    host, _, port = listen.rpartition(":")
    server = _Server(_config(app, trusted_proxies))
    with socket.create_server((host, int(port)), backlog=512) as bound:
        # Connections inherit it. Without it the body of an answer waits 40 ms for the word on its headers; asyncio
        # itself sets it only on sockets whose protocol is told, which create_server's is not.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup(sockets=[bound])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.main_loop())
            try:
                yield RunningHttp(bound.getsockname()[1])
            finally:
                server.should_exit = True
                await server.shutdown(sockets=[bound])


def _config(app: ASGIApp, trusted_proxies: tuple[str, ...]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to libs/rpc/process.py."""
        yield


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection; it is closed when its headers are too many or too slow, or when there are too many like it."""

    _header_bytes = 0
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Closes at once when all places are taken."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Counts what comes before the headers are whole."""
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_timer is not None and self._header_bytes > MAX_HEADER_BYTES:
            self._close()

    def on_message_begin(self) -> None:
        """A further request on the same connection."""
        super().on_message_begin()
        if self._header_timer is None:
            self._await_headers()

    def on_headers_complete(self) -> None:
        """From here on the handler limits size and time."""
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed as HTTP has no path either, so it is told in JSON, the form of our errors."""
        error = {"reason": "MALFORMED", "message": "Forespørselen er ikke gyldig HTTP.", "detail": msg}
        body = msgspec.json.encode({"error": error})
        head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
        self.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._header_bytes = 0
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._close)

    def _stop_waiting(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _close(self) -> None:
        self._stop_waiting()
        self.transport.close()
