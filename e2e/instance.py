"""A running instance, driven as a person would: by `./samvern` and over HTTP."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
READY_SECONDS = 180


@dataclass(frozen=True)
class Instance:
    """An instance in its own data folder; `info` is what `up --json` printed."""

    data: Path
    info: dict[str, Any]

    @classmethod
    def up(cls, data: Path, *options: str) -> Self:
        """Starts one on free ports, detached, and returns when it is ready; `options` are further ones of `up`."""
        command = ["up", "--detach", "--json", "--port", "0", *options, "--data", str(data)]
        done = _samvern(*command, timeout=READY_SECONDS)
        assert done.returncode == 0, done.stderr
        return cls(data, json.loads(done.stdout))

    def down(self) -> None:
        """Stops all it started."""
        done = self.run("down")
        assert done.returncode == 0, done.stderr

    def run(self, *args: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        """One `./samvern` command against this instance, whatever its exit code."""
        return _samvern(*args, "--data", str(self.data), timeout=timeout)

    def ok(self, *args: str, timeout: float = 120) -> str:
        """One command that must succeed; its standard output."""
        done = self.run(*args, timeout=timeout)
        assert done.returncode == 0, f"{args[:2]}: exit {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}"
        return done.stdout

    def json(self, *args: str, timeout: float = 120) -> Any:
        """One command that must succeed, with --json, decoded."""
        return json.loads(self.ok(*args, "--json", timeout=timeout))

    @property
    def portal(self) -> str:
        """Base URL of the portal."""
        return str(self.info["portal"]).rstrip("/")

    def node(self, tjeneste: str) -> dict[str, Any]:
        """What `up` said of one tjeneste's node."""
        found: dict[str, Any] = next(node for node in self.info["nodes"] if node["tjeneste"] == tjeneste)
        return found

    def ps(self) -> list[dict[str, Any]]:
        """Every process of the instance."""
        processes: list[dict[str, Any]] = self.json("ps")
        return processes

    def kill(self, service: str) -> None:
        """kill -9 of one process, which the supervisor then starts again."""
        process = next(entry for entry in self.ps() if entry["service"] == service)
        os.kill(process["pid"], signal.SIGKILL)

    def is_healthy(self) -> bool:
        """Whether every process is."""
        return all(entry["healthy"] for entry in self.ps())

    def inbox(self, tjeneste: str) -> list[dict[str, Any]]:
        """The inbox of a tjeneste, as its caseworker sees it."""
        node = self.node(tjeneste)
        meldinger: list[dict[str, Any]] = self.json("inbox", "list", *place_of(node))
        return meldinger


def place_of(node: dict[str, Any]) -> list[str]:
    """The options that name a node's first place."""
    bydeler = node.get("bydeler") or []
    return ["--kommune", node["kommuner"][0], *(["--bydel", bydeler[0]] if bydeler else [])]


def eventually(claim: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until `holds()`; fails with the claim when time is up."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {claim}"
        time.sleep(0.5)


def _samvern(*args: str, timeout: float) -> "subprocess.CompletedProcess[str]":
    command: Sequence[str] = [str(ROOT / "samvern"), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, cwd=ROOT)
