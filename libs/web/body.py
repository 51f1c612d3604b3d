"""Reads a request's body under limits of size, time and memory, whether it announces its length or comes in chunks.

A body that is too large is still taken from the line for a while and thrown away, because closing a connection while
the sender writes would reset it and lose our answer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from litestar.types import Receive
from litestar.types.asgi_types import ReceiveMessage

from libs.errors import Malformed, SamvernError, TimedOut, TooLarge
from libs.web.admission import Place

DRAIN_BYTES = 10_000_000
"""Of a body that is too large, at most this is read and thrown away before the answer."""
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may cost."""

    max_bytes: int
    total_seconds: float = 30.0
    """From the first read to the end."""
    idle_seconds: float = 5.0
    """Without a single byte."""


class BodyUnread(Exception):
    """Carries the error to be shown when the rest of the body is still on the line: the connection must close."""

    def __init__(self, error: SamvernError) -> None:
        super().__init__(error.detail)
        self.error = error


async def read_body(receive: Receive, headers: Mapping[str, str], limits: BodyLimits, place: Place) -> bytes:
    """The whole body. Raises BodyUnread around TooLarge, TimedOut or the admission's refusal; Malformed when cut."""
    refuse_announced(headers, limits)
    chunks: list[bytes] = []
    size_bytes = 0
    try:
        async with asyncio.timeout(limits.total_seconds):
            more = True
            while more:
                chunk, more = await next_chunk(receive, limits)
                size_bytes += len(chunk)
                if size_bytes > limits.max_bytes:
                    await drain(receive, is_more=more)
                    raise BodyUnread(_too_large(limits))
                place.hold(len(chunk))
                chunks.append(chunk)
    except TimeoutError as error:
        raise BodyUnread(TimedOut(_too_slow(limits))) from error
    except SamvernError as error:
        raise BodyUnread(error) from error
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def refuse_announced(headers: Mapping[str, str], limits: BodyLimits) -> None:
    """Refuses by Content-Length alone what is hopelessly large, or not sent yet (Expect: 100-continue)."""
    announced = headers.get("content-length", "")
    if not announced.isdecimal() or int(announced) <= limits.max_bytes:
        return
    if int(announced) > DRAIN_BYTES or headers.get("expect", "").lower() == "100-continue":
        raise BodyUnread(_too_large(limits))


async def next_chunk(receive: Receive, limits: BodyLimits) -> tuple[bytes, bool]:
    """The next bytes and whether more follow; TimeoutError after the idle limit, Malformed when the sender is gone."""
    async with asyncio.timeout(limits.idle_seconds):
        return _chunk_of(await receive())


def _chunk_of(message: ReceiveMessage) -> tuple[bytes, bool]:
    if message["type"] == "http.request":
        return message.get("body", b""), message.get("more_body", False)
    raise Malformed("the connection was closed before the whole body had come")


async def drain(receive: Receive, *, is_more: bool) -> None:
    """Takes the rest of a body from the line and throws it away, within limits."""
    left = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while is_more and left > 0:
                chunk, is_more = _chunk_of(await receive())
                left -= len(chunk)
    except TimeoutError:
        return


def _too_large(limits: BodyLimits) -> TooLarge:
    return TooLarge(f"the body is larger than the limit of {limits.max_bytes} bytes")


def _too_slow(limits: BodyLimits) -> str:
    return (
        f"the body came too slowly: at most {limits.total_seconds:g} s in all"
        f" and {limits.idle_seconds:g} s without a byte"
    )
