"""Reading a stream of answers under a limit of time: half of all breaks are silent."""

import asyncio
from typing import Any, TypeVar, cast

from google.protobuf.message import Message
from grpc.aio import EOF, UnaryStreamCall

from libs.errors import TimedOut

T = TypeVar("T", bound=Message)


async def read_within(call: "UnaryStreamCall[Any, T]", seconds: float) -> T | None:
    """The next message, None after the last. Raises TimedOut when none came in time (let it be longer than the
    heartbeat), and what the peer's failure stands for."""
    try:
        async with asyncio.timeout(seconds):
            message = await call.read()
    except TimeoutError as error:
        raise TimedOut(f"nothing came for {seconds:g} s") from error
    return None if message is EOF else cast("T", message)
