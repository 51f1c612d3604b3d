"""What runs in an instance, as its supervisor wrote it down: run/state.json, whole at every moment."""

import os
import signal
from pathlib import Path

import msgspec

from libs.cli.layout import Layout

FORMAT = "samvern-state-1"
WISHES_CHANGED = signal.SIGUSR1
"""Sent to the supervisor after a wish was written."""


class ProcessRef(msgspec.Struct, frozen=True):
    """One process of this machine, also after its id was given to another."""

    pid: int
    born: str
    """When it started, as the kernel tells it; equal only for the same process."""


class ProcessState(msgspec.Struct, frozen=True):
    """One process of the instance."""

    listen: str
    """Where it answers: "127.0.0.1:20003"."""
    peer: str | None = None
    """The identity its certificate carries; None when it does not speak gRPC."""
    http: str | None = None
    """A URL that answers 200 when it is healthy; None when it has none."""
    metrics: str | None = None
    """Where Prometheus reads /metrics; None when it has none."""
    postgres: str | None = None
    """The folder under postgres/ when it is one: "centre"."""
    process: ProcessRef | None = None
    """None while it does not run."""
    starts: int = 0
    """How often the supervisor has started it."""


class NodeState(msgspec.Struct, frozen=True):
    """One delivery node, as people and programs outside need it."""

    tjeneste: str
    navn: str
    kommuner: list[str]
    bydeler: list[str]
    inbox: str
    issuer: str
    user: str


class State(msgspec.Struct, frozen=True):
    """An instance."""

    data: str
    portal: str
    sealing: str
    supervisor: ProcessRef
    ports: dict[str, int]
    nodes: list[NodeState]
    processes: dict[str, ProcessState]
    is_ready: bool = False
    format: str = FORMAT


def read_state(layout: Layout) -> State | None:
    """The state last written; None when there is none or it is of another version."""
    try:
        state = msgspec.json.decode(layout.state_file.read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        return None
    return state if state.format == FORMAT else None


def write_state(layout: Layout, state: State) -> None:
    """The state is on disk; a reader sees the old or the new one, never half of it."""
    replace_file(layout.state_file, msgspec.json.format(msgspec.json.encode(state)))


def read_stopped(layout: Layout) -> frozenset[str]:
    """The processes that the operator wants stopped."""
    try:
        return frozenset(msgspec.json.decode(layout.wishes_file.read_bytes(), type=list[str]))
    except (OSError, msgspec.MsgspecError):
        return frozenset()


def write_stopped(layout: Layout, names: frozenset[str]) -> None:
    """The wish is on disk; the supervisor looks at it when it gets WISHES_CHANGED."""
    replace_file(layout.wishes_file, msgspec.json.encode(sorted(names)))


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """The file has this content, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    new.replace(path)
