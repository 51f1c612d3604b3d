"""Takes requests in, before any handler: so many at once, bodies small and quick, and of two kinds only.

A form or JSON is read into memory; multipart, which frameworks spool to disk, is refused: what a person writes here
never touches a file.
"""

from collections.abc import Awaitable, Callable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.types.asgi_types import HTTPReceiveMessage, HTTPRequestEvent

from libs.errors import Malformed, Overloaded, SamvernError
from libs.web.admission import Admission, Place
from libs.web.body import BodyLimits, BodyUnread, read_body

LIMITS = BodyLimits(max_bytes=64 * 1024, total_seconds=15.0, idle_seconds=5.0)
"""A reason and a token are below 2 KiB."""
MEDIA_TYPES = ("", "application/json", "application/x-www-form-urlencoded")

Refuse = Callable[[Scope, SamvernError], ASGIApp]


class BoundedBodies:
    """An ASGI app around another: hands on requests whose body has come whole."""

    def __init__(self, app: ASGIApp, admission: Admission, refuse: Refuse) -> None:
        self._app = app
        self._admission = admission
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on or refuses."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        try:
            with self._admission.enter(client[0] if client else "") as place:
                body = await self._body(scope, receive, place)
                app = self._refuse(scope, body) if isinstance(body, SamvernError) else self._app
                await app(scope, _replayed(b"" if isinstance(body, SamvernError) else body, receive), send)
        except Overloaded as error:
            await self._refuse(scope, error)(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive, place: Place) -> bytes | SamvernError:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("content-type", "").partition(";")[0].strip().lower() not in MEDIA_TYPES:
            return Malformed("expected a form (application/x-www-form-urlencoded) or application/json")
        try:
            return await read_body(receive, headers, LIMITS, place)
        except BodyUnread as unread:
            return unread.error
        except Malformed as error:
            return error


def _replayed(body: bytes, receive: Receive) -> Callable[[], Awaitable[HTTPReceiveMessage]]:
    """Gives the body once more, in one piece, then what the connection says."""
    messages: list[HTTPRequestEvent] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> HTTPReceiveMessage:
        if messages:
            return messages.pop()
        return await receive()  # type: ignore[return-value]

    return replay
