"""Runs a supervisor in this process, from a clean start to the end of everything it started."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import closing

from libs.cli.choices import Choices
from libs.cli.demo import DEMO_TJENESTER
from libs.cli.layout import Layout
from libs.cli.lock import only_one
from libs.cli.plan import make_plan
from libs.cli.ports import PortBlock, portal_port
from libs.cli.provision import make_folders, make_identities, make_secrets
from libs.cli.state import WISHES_CHANGED, read_state, write_stopped
from libs.cli.stopping import stop_all
from libs.cli.supervisor import Supervisor
from libs.world.system import SystemClock

DEFAULT_PORT = 8080


def run_instance(layout: Layout, choices: Choices, tell: Callable[[str], None], on_ready: Callable[[], None]) -> None:
    """Returns when it was asked to stop and everything has stopped. Raises Failure when it cannot be brought up."""
    make_folders(layout)
    with only_one(layout):
        former = read_state(layout)
        if former is not None and stop_all(former):
            tell("Stopped what a former run had left behind")
        block = PortBlock.take(former.ports if former else {})
        with closing(block.claim):
            portal = portal_port(choices.port, DEFAULT_PORT, block)
            plan = make_plan(DEMO_TJENESTER, portal, block.port, choices.otlp)
            make_identities(layout, plan, SystemClock().now())
            make_secrets(layout, plan)
            write_stopped(layout, frozenset())
            asyncio.run(_supervise(Supervisor(layout, plan, block.ports, SystemClock(), tell, on_ready)))


async def _supervise(supervisor: Supervisor) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGCHLD, supervisor.child_ended)
    loop.add_signal_handler(WISHES_CHANGED, supervisor.follow_wishes)
    # SIGHUP: the terminal we run in was closed.
    for order in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(order, supervisor.stop)
    await supervisor.run()
