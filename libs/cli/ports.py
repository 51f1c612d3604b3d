"""Ports of the loopback address for one instance: a block of its own, so that instances side by side never meet.

The first port of a block is bound for as long as the supervisor lives and thereby claims the block. Blocks lie below
the kernel's range for outgoing connections, which would else take a port between two starts.
"""

import socket
from dataclasses import dataclass
from typing import Self

from libs.cli.failure import Failure

HOST = "127.0.0.1"
FIRST_BLOCK = 12_000
BLOCK_SIZE = 64
BLOCKS = 300


@dataclass
class PortBlock:
    """A claimed block. Ports are handed out by name; a name keeps its port from one start to the next."""

    claim: socket.socket
    ports: dict[str, int]

    @classmethod
    def take(cls, remembered: dict[str, int]) -> Self:
        """The block of `remembered` if it is free, else the first free one (and the remembered ports are forgotten).
        Raises Failure when there is none."""
        first = remembered.get("block", FIRST_BLOCK)
        for base in [first, *range(FIRST_BLOCK, FIRST_BLOCK + BLOCKS * BLOCK_SIZE, BLOCK_SIZE)]:
            claim = listen(base)
            if claim is not None:
                return cls(claim, dict(remembered) if base == remembered.get("block") else {"block": base})
        raise Failure(f"no free ports between {FIRST_BLOCK} and {FIRST_BLOCK + BLOCKS * BLOCK_SIZE} on {HOST}")

    def port(self, name: str) -> int:
        """The port of this name; free, unless it was handed out before and its user runs. Raises Failure when the block
        is used up."""
        known = self.ports.get(name)
        if known is not None and is_free(known):
            return known
        taken = set(self.ports.values())
        base = self.ports["block"]
        for candidate in range(base + 1, base + BLOCK_SIZE):
            if candidate not in taken and is_free(candidate):
                self.ports[name] = candidate
                return candidate
        raise Failure(f"no free port left between {base} and {base + BLOCK_SIZE} on {HOST}")

    def release(self) -> None:
        """The block may be claimed by others."""
        self.claim.close()


def portal_port(wanted: int | None, default: int, block: PortBlock) -> int:
    """Where the portal listens: the port asked for; 0: any, the same as last time if it can be; None: as last time, at
    first `default`. Raises Failure when the port is in use."""
    if wanted == 0:
        return block.port("portal-any")
    port = wanted or block.ports.get("portal") or default
    if not is_free(port):
        raise Failure(
            f"port {port} is in use by another program; choose another with --port N, or any free one with --port 0"
        )
    block.ports["portal"] = port
    return port


def is_free(port: int) -> bool:
    """Nobody listened there a moment ago."""
    probe = listen(port)
    if probe is not None:
        probe.close()
    return probe is not None


def listen(port: int) -> socket.socket | None:
    """A socket that listens there; None when another one does, or it is not allowed."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((HOST, port))
        server.listen(1)
    except OSError:
        server.close()
        return None
    return server
