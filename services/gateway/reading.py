"""How a handler takes a request in: a place among all requests, then its body under limits, then the place is left."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException

from libs.errors import Overloaded
from libs.web.admission import Admission, Place
from libs.web.body import BodyLimits, BodyUnread, read_body

AnyRequest = Request[Any, Any, Any]


class Reader:
    """Takes requests in under one admission for the whole program."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    @asynccontextmanager
    async def body(self, request: AnyRequest, limits: BodyLimits, media_type: str) -> AsyncIterator[bytes]:
        """The body; it counts as in memory until the block is left. Raises BodyUnread, Malformed, HTTP 415."""
        self.refuse_other_media(request, media_type)
        with self.place(request) as place:
            yield await read_body(request.receive, request.headers, limits, place)

    def refuse_other_media(self, request: AnyRequest, media_type: str) -> None:
        """Raises HTTP 415."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
            raise HTTPException(status_code=415)

    @contextmanager
    def place(self, request: AnyRequest) -> Iterator[Place]:
        """A place; the body is still on the line. Raises BodyUnread around the refusal."""
        with ExitStack() as stack:
            try:
                place = stack.enter_context(self._admission.enter(request.client.host if request.client else ""))
            except Overloaded as error:
                raise BodyUnread(error) from error
            yield place
