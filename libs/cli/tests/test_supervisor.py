"""The supervisor over a plan of trivial processes: it brings up, restarts, stops, and says what is wrong."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from libs.cli import readiness
from libs.cli import supervisor as module
from libs.cli.failure import Failure
from libs.cli.layout import Layout
from libs.cli.plan import Plan, ProgramPlan
from libs.cli.ports import PortBlock
from libs.cli.processes import is_alive
from libs.cli.provision import make_folders
from libs.cli.state import State, read_state, write_stopped
from libs.cli.supervisor import Supervisor
from libs.cli.trust import LogKey, LogKeys
from libs.world.system import SystemClock

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""
LOGS = LogKeys(keys=LogKey("a/keys", "a/keys+1+A"), events=LogKey("a/events", "a/events+1+A"))


class Scene:
    """An instance of one small web server, without Postgres, keys or directory."""

    def __init__(self, folder: Path, program: str) -> None:
        self.layout = Layout(folder / "data")
        make_folders(self.layout)
        (folder / "placeholder.py").write_text(program)
        self.block = PortBlock.take({})
        plan = ProgramPlan("web", "placeholder", f"127.0.0.1:{self.block.port('web')}")
        self.said: list[str] = []
        self.ready = asyncio.Event()
        self.supervisor = Supervisor(
            self.layout,
            Plan((), (plan,), "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"),
            self.block.ports,
            SystemClock(),
            self.said.append,
            self.ready.set,
        )

    @property
    def state(self) -> State:
        state = read_state(self.layout)
        assert state is not None
        return state

    @property
    def pid(self) -> int | None:
        process = self.state.processes["web"].process
        return process.pid if process else None

    async def until(self, what: str) -> None:
        """The condition, an expression over `self`, holds within ten seconds."""
        async with asyncio.timeout(10):
            while not eval(what, {"self": self, "is_alive": is_alive}):
                await asyncio.sleep(0.02)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing to provision; the placeholder is found as a module."""

    async def trust(*_: object) -> LogKeys:
        return LOGS

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(module, "make_trust", trust)
    monkeypatch.setattr(module, "import_when_possible", nothing)
    monkeypatch.setattr(sys, "executable", str(_interpreter(tmp_path)))


def _interpreter(folder: Path) -> Path:
    """Python with the folder on its path: units pass no PYTHONPATH on."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    script.chmod(0o700)
    return script


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[Scene]:
    async with asyncio.TaskGroup() as tasks:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, scene.supervisor.child_ended)
        tasks.create_task(scene.supervisor.run())
        await scene.until("self.ready.is_set()")
        try:
            yield scene
        finally:
            scene.supervisor.stop()
            loop.remove_signal_handler(signal.SIGCHLD)
            scene.block.release()


@pytest.mark.usefixtures("quick")
async def test_a_killed_process_is_back_by_itself(tmp_path: Path) -> None:
    async with running(Scene(tmp_path, SERVER)) as scene:
        former = scene.pid
        assert former is not None
        os.kill(former, signal.SIGKILL)
        await scene.until("self.pid is not None and self.state.processes['web'].starts == 2")
        assert scene.pid != former


@pytest.mark.usefixtures("quick")
async def test_what_the_operator_stopped_stays_stopped_until_it_is_started(tmp_path: Path) -> None:
    async with running(Scene(tmp_path, SERVER)) as scene:
        write_stopped(scene.layout, frozenset({"web"}))
        scene.supervisor.follow_wishes()
        await scene.until("self.pid is None")
        await asyncio.sleep(0.3)
        assert scene.pid is None
        write_stopped(scene.layout, frozenset())
        scene.supervisor.follow_wishes()
        await scene.until("self.pid is not None")


@pytest.mark.usefixtures("quick")
async def test_at_the_end_nothing_is_left(tmp_path: Path) -> None:
    async with running(Scene(tmp_path, SERVER)) as scene:
        process = scene.state.processes["web"].process
        assert is_alive(process)
    assert not is_alive(process)
    assert scene.pid is None
    assert scene.said[-1] == "Stopping"


@pytest.mark.usefixtures("quick")
async def test_a_process_that_keeps_ending_is_named_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "MOST_STARTS", 2)
    scene = Scene(tmp_path, "raise SystemExit('no such setting: colour')")
    with pytest.raises(Failure, match=r"(?s)web keeps ending. The end of .*no such setting: colour"):
        await scene.supervisor.run()
    scene.block.release()
