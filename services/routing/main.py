"""Routing's process: wiring only. Run by `python -m services.routing.main --config FILE`."""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grpc.aio import Channel, Server

from libs.config.load import load
from libs.loops.repeat import Loop, repeat
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Rng
from libs.world.system import SystemClock, SystemRng
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceStub
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub
from samvern.routing.v1.routing_pb2_grpc import add_RoutingServiceServicer_to_server
from services.routing.access import ACCESS
from services.routing.config import Config
from services.routing.service import NAME, RoutingService
from services.routing.shelf import Shelf
from services.routing.worker import Worker

LABELS_SECONDS = 60.0
"""How often the shelf is looked over for labels that are due."""

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    config: Config
    root: Root
    clock: Clock
    rng: Rng
    telemetry: Telemetry
    directory: Channel
    keys: Channel
    serve: Serve


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    shelf = Shelf()
    directory, keys = DirectoryServiceStub(deps.directory), KeysServiceStub(deps.keys)
    worker = Worker(shelf, directory, keys, deps.root, deps.clock, deps.telemetry)
    service = RoutingService(shelf, deps.clock)
    loops = (
        Loop("snapshot", worker.pull_snapshot, deps.config.snapshot_interval_seconds),
        Loop("labels", worker.sign_labels, LABELS_SECONDS, worker.snapshot_turned),
    )
    async with (
        deps.serve(lambda server: add_RoutingServiceServicer_to_server(service, server)),
        asyncio.TaskGroup() as tasks,
    ):
        for loop in loops:
            tasks.create_task(repeat(loop, deps.rng, deps.telemetry))


async def _with_system(config: Config, _stop: Stop) -> None:
    root = Root.load(config.root)
    with Telemetry.start("routing", config.telemetry) as telemetry:
        listening = partial(serve, config.server, access=ACCESS, service_names=[NAME], telemetry=telemetry)
        async with (
            connect(config.peers.directory, config.tls, telemetry) as directory,
            connect(config.peers.keys, config.tls, telemetry) as keys,
        ):
            await run(
                Deps(
                    config=config,
                    root=root,
                    clock=SystemClock(),
                    rng=SystemRng(),
                    telemetry=telemetry,
                    directory=directory,
                    keys=keys,
                    serve=lambda register: listening(register=register),
                )
            )


def main() -> None:
    """Builds the world and runs in it."""
    parser = argparse.ArgumentParser(prog="services.routing.main")
    parser.add_argument("--config", type=Path, required=True)
    run_process(partial(_with_system, load(parser.parse_args().config, Config)))


if __name__ == "__main__":
    main()
