"""A wire between a program and PostgreSQL that can be cut at a chosen word of the program."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

Cut = Literal["before", "after"]

SETTLED_SECONDS = 0.3
"""Long enough for the server to have done what it was last told."""


@dataclass
class Wire:
    """Where it listens, and what cuts it: before the word reaches the server, or after (its answer is lost)."""

    port: int
    cut_at: bytes | None = None
    cut: Cut = "after"
    is_silent: bool = False


@asynccontextmanager
async def wire_to(server_port: int) -> AsyncIterator[Wire]:
    """A wire to 127.0.0.1:`server_port`."""

    async with asyncio.TaskGroup() as group:

        def serve(program: asyncio.StreamReader, to_program: asyncio.StreamWriter) -> None:
            group.create_task(_join(wire, server_port, program, to_program))

        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        wire = Wire(listener.sockets[0].getsockname()[1])
        yield wire
        listener.close()


async def _join(wire: Wire, server_port: int, program: asyncio.StreamReader, to_program: asyncio.StreamWriter) -> None:
    from_server, server = await asyncio.open_connection("127.0.0.1", server_port)
    async with asyncio.TaskGroup() as group:
        answers = group.create_task(_pump(wire, from_server, to_program))
        await _forward(wire, program, server)
        answers.cancel()
    to_program.transport.abort()
    server.transport.abort()


async def _forward(wire: Wire, program: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
    while data := await _read(program):
        is_cut = wire.cut_at is not None and wire.cut_at in data
        if is_cut and wire.cut == "before":
            return
        wire.is_silent = wire.is_silent or is_cut
        server.write(data)
        if is_cut:
            await asyncio.sleep(SETTLED_SECONDS)
            return


async def _pump(wire: Wire, server: asyncio.StreamReader, program: asyncio.StreamWriter) -> None:
    while data := await _read(server):
        if not wire.is_silent:
            program.write(data)
    program.transport.abort()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionResetError:
        return b""
