"""A body is limited in size and time, however it comes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from libs.errors import Malformed, Overloaded, SamvernError, TimedOut, TooLarge
from libs.web.admission import Admission, AdmissionLimits
from libs.web.body import BodyLimits, BodyUnread, read_body

LIMITS = BodyLimits(max_bytes=10, total_seconds=0.3, idle_seconds=0.1)


class Line:
    """Hands out chunks; after the last one it is silent."""

    def __init__(self, chunks: Sequence[bytes], *, is_whole: bool = True, pause_seconds: float = 0) -> None:
        self.left = list(chunks)
        self.is_whole = is_whole
        self.pause_seconds = pause_seconds

    async def receive(self) -> Any:
        await asyncio.sleep(self.pause_seconds if self.left else 60)
        body = self.left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.left) or not self.is_whole}


async def read(line: Line, headers: dict[str, str] | None = None, limits: AdmissionLimits | None = None) -> bytes:
    with Admission(limits or AdmissionLimits()).enter("127.0.0.1") as place:
        return await read_body(line.receive, headers or {}, LIMITS, place)


async def refusal(line: Line, headers: dict[str, str] | None = None) -> SamvernError:
    with pytest.raises(BodyUnread) as caught:
        await read(line, headers)
    return caught.value.error


async def test_body_of_exactly_the_limit_is_read() -> None:
    assert await read(Line([b"01234", b"56789"])) == b"0123456789"


async def test_one_byte_more_is_too_large_in_chunks_and_announced() -> None:
    assert isinstance(await refusal(Line([b"01234", b"56789", b"x"])), TooLarge)
    assert isinstance(await refusal(Line([b"0" * 11]), {"content-length": "11"}), TooLarge)


async def test_what_is_not_sent_yet_is_refused_without_reading() -> None:
    line = Line([b"0" * 11])

    assert isinstance(await refusal(line, {"content-length": "11", "expect": "100-continue"}), TooLarge)
    assert line.left == [b"0" * 11]


async def test_too_large_body_is_taken_from_the_line_before_the_answer() -> None:
    line = Line([b"0" * 11, b"1" * 1000, b"2"])

    assert isinstance(await refusal(line), TooLarge)
    assert line.left == []


async def test_silence_is_cut() -> None:
    assert isinstance(await refusal(Line([b"0"], is_whole=False)), TimedOut)


async def test_trickle_is_cut_when_the_whole_time_is_up() -> None:
    assert isinstance(await refusal(Line([b"0"] * 9, pause_seconds=0.06)), TimedOut)


async def test_cut_connection_is_malformed() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    line = Line([])
    line.receive = receive  # type: ignore[method-assign]
    assert isinstance(await refusal(line), Malformed)


async def test_bytes_beyond_the_memory_limit_are_refused_with_a_time_to_come_back() -> None:
    with pytest.raises(BodyUnread) as caught:
        await read(Line([b"0123"]), limits=AdmissionLimits(max_bytes=3))

    assert isinstance(caught.value.error, Overloaded)
    assert caught.value.error.retry_after_seconds is not None


def test_one_address_cannot_take_the_places_of_others() -> None:
    admission = Admission(AdmissionLimits(max_requests=3, max_requests_per_address=2))
    with admission.enter("a"), admission.enter("a"):
        with pytest.raises(Overloaded, match="from your address"), admission.enter("a"):
            pass
        with (
            admission.enter("b"),
            pytest.raises(Overloaded, match=r"too many requests at once$"),
            admission.enter("c"),
        ):
            pass
    with admission.enter("a"), admission.enter("a"):
        pass
