"""A light HTTP/1.1 client: prepared requests over connections that are kept open, one at a time on each.

What it costs would be charged to the accept path, because both share the machine; so it has no features.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httptools

from libs.bench.failed import BenchFailed
from libs.world import Clock

MAX_SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for the request of this index, and how long it took."""

    index: int
    status: int
    body: bytes
    seconds: float


async def send_all(
    host: str, port: int, requests: Sequence[bytes], connections: int, clock: Clock
) -> tuple[list[Answer], float]:
    """The answers in the order of the requests, and the seconds from the first request to the last answer.

    Raises BenchFailed when a connection breaks or nothing comes for a minute.
    """
    waiting, answers = iter(enumerate(requests)), list[Answer]()
    lines = [_Line(waiting, answers, clock) for _ in range(connections)]
    for line in lines:
        _, writer = await asyncio.open_connection(host, port)
        writer.transport.set_protocol(line)
        line.writer = writer  # Kept: a writer that nobody holds closes its connection.
    started = clock.monotonic()
    for line in lines:
        line.send_next()
    await _until_all_answered(lines, answers, len(requests))
    seconds = clock.monotonic() - started
    for line in lines:
        line.close()
    return sorted(answers, key=lambda answer: answer.index), seconds


async def _until_all_answered(lines: "Sequence[_Line]", answers: Sequence[Answer], expected: int) -> None:
    for line in lines:
        before = -1
        while not line.is_done.is_set():
            if before == len(answers):
                raise BenchFailed(f"no answer came for {MAX_SILENCE_SECONDS:g} s")
            before = len(answers)
            try:
                async with asyncio.timeout(MAX_SILENCE_SECONDS):
                    await line.is_done.wait()
            except TimeoutError:
                continue
    if len(answers) != expected:
        raise BenchFailed(f"connections broke: {len(answers)} of {expected} requests were answered")


class _Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, waiting: Iterator[tuple[int, bytes]], answers: list[Answer], clock: Clock) -> None:
        self.is_done = asyncio.Event()
        self.writer: asyncio.StreamWriter | None = None
        self._waiting = waiting
        self._answers = answers
        self._clock = clock
        self._index = -1
        self._sent_at = 0.0
        self._body = bytearray()
        self._parser = httptools.HttpResponseParser(self)

    def send_next(self) -> None:
        """The next request is on its way, or there is none left."""
        assert self.writer is not None, "set before the first request"
        index, request = next(self._waiting, (-1, b""))
        if index < 0:
            self.is_done.set()
            return
        self._index, self._sent_at = index, self._clock.monotonic()
        self._body.clear()
        self._parser = httptools.HttpResponseParser(self)
        self.writer.transport.write(request)

    def close(self) -> None:
        """The connection is let go."""
        assert self.writer is not None, "set before the first request"
        self.writer.transport.close()

    def data_received(self, data: bytes) -> None:
        """From asyncio."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """From asyncio."""
        self.is_done.set()

    def on_body(self, body: bytes) -> None:
        """From httptools."""
        self._body += body

    def on_message_complete(self) -> None:
        """From httptools."""
        seconds = self._clock.monotonic() - self._sent_at
        self._answers.append(Answer(self._index, self._parser.get_status_code(), bytes(self._body), seconds))
        self.send_next()
