"""Starts a supervisor in a session of its own and waits until its instance is ready.

The two speak over a pipe, a JSON object a line: {"say": text} as it goes on, then {"ready": report} or
{"failed": text}. Then the child lets go of the pipe and lives on.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from libs.cli.choices import Choices
from libs.cli.failure import Failure
from libs.cli.foreground import run_instance
from libs.cli.layout import Layout
from libs.cli.provision import make_folders
from libs.cli.report import report
from libs.cli.state import read_state


def start_detached(layout: Layout, choices: Choices, tell: Callable[[str], None]) -> dict[str, Any]:
    """The report of the instance, which is ready and goes on without us. Raises Failure when it cannot be started."""
    make_folders(layout)
    command = [sys.executable, "-P", "-m", "libs.cli.main", "up", "--data", str(layout.data), "--told-by-pipe"]
    command += choices.arguments
    with layout.log("supervisor").open("ab") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, text=True
        )
    try:
        return _listen(child, layout, tell)
    except BaseException:  # Ctrl-C too: nothing half-started stays behind.
        child.terminate()
        child.wait()
        raise


def _listen(child: "subprocess.Popen[str]", layout: Layout, tell: Callable[[str], None]) -> dict[str, Any]:
    assert child.stdout is not None  # It was asked to be a pipe.
    for line in child.stdout:
        message = json.loads(line)
        if "ready" in message:
            return dict(message["ready"])
        if "failed" in message:
            raise Failure(message["failed"])
        tell(message["say"])
    raise Failure(f"the supervisor ended without a word; see {layout.log('supervisor')}")


def run_told_by_pipe(layout: Layout, choices: Choices) -> None:
    """The child's side: runs the instance; ends when it is asked to stop."""
    is_open = True

    def send(message: dict[str, Any]) -> None:
        if is_open:
            try:
                print(json.dumps(message), flush=True)
            except BrokenPipeError:
                let_go()

    def let_go() -> None:
        nonlocal is_open
        is_open = False
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

    def ready() -> None:
        state = read_state(layout)
        assert state is not None  # The supervisor has just written it.
        send({"ready": report(layout, state)})
        let_go()

    try:
        run_instance(layout, choices, lambda text: send({"say": text}), ready)
    except Failure as failure:
        send({"failed": failure.message})
        raise
    send({"failed": "it was asked to stop before it was ready"})
