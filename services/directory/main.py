"""The directory's process: wiring only. Run by `python -m services.directory.main --config FILE`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from grpc.aio import Channel, Server

from libs.config.load import load
from libs.db.database import Database
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Rng
from libs.world.system import SystemClock, SystemRng
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub
from samvern.directory.v1.directory_pb2_grpc import add_DirectoryServiceServicer_to_server
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub
from services.directory.access import ACCESS
from services.directory.clients import AuditClient, KeysClient
from services.directory.config import Config
from services.directory.publisher import Publisher
from services.directory.service import NAME, DirectoryService
from services.directory.store import Store
from services.directory.tables import Tables, read_tables
from services.directory.worker import Worker

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    store: Store
    tables: Tables
    root: Root
    keys: Channel
    audit: Channel
    clock: Clock
    rng: Rng
    telemetry: Telemetry
    serve: Serve


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    publisher = Publisher(deps.store, KeysClient(KeysServiceStub(deps.keys)), deps.root, deps.clock, deps.telemetry)
    worker = Worker(deps.store, publisher, deps.tables, deps.clock, deps.telemetry)
    service = DirectoryService(deps.store, publisher, AuditClient(AuditServiceStub(deps.audit)), deps.clock)
    async with (
        deps.serve(lambda server: add_DirectoryServiceServicer_to_server(service, server)),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(worker.run(deps.rng))


async def _with_system(config: Config, _stop: Stop) -> None:
    clock, rng = SystemClock(), SystemRng()
    with Telemetry.start("directory", config.telemetry) as telemetry:
        listening = partial(serve, config.server, access=ACCESS, service_names=[NAME], telemetry=telemetry)
        async with (
            Database.open(config.db, clock, rng=rng, telemetry=telemetry) as database,
            connect(config.peers.keys, config.tls, telemetry) as keys,
            connect(config.peers.audit, config.tls, telemetry) as audit,
        ):
            await run(
                Deps(
                    store=Store(database),
                    tables=read_tables(),
                    root=Root.load(config.root),
                    keys=keys,
                    audit=audit,
                    clock=clock,
                    rng=rng,
                    telemetry=telemetry,
                    serve=lambda register: listening(register=register),
                )
            )


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """Keeps and publishes the directory."""
    run_process(partial(_with_system, load(path, Config)))


if __name__ == "__main__":
    main()
