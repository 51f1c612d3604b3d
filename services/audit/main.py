"""Audit's process: wiring only."""

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
from libs.loops.bell import Bell
from libs.loops.repeat import repeat
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Ids, Rng
from libs.world.system import SystemClock, SystemIds, SystemRng
from samvern.audit.v1 import audit_pb2 as pb
from samvern.audit.v1.audit_pb2_grpc import add_AuditServiceServicer_to_server
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub
from services.audit.access import ACCESS
from services.audit.config import Config
from services.audit.keys_client import KeysClient
from services.audit.publisher import Publisher
from services.audit.service import AuditService
from services.audit.store import PostgresStore, Store
from services.audit.worker import Worker

SERVICE_NAMES = [pb.DESCRIPTOR.services_by_name["AuditService"].full_name]
Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    config: Config
    clock: Clock
    ids: Ids
    rng: Rng
    telemetry: Telemetry
    store: Store
    keys: Channel
    serve: Serve


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    signer = KeysClient(KeysServiceStub(deps.keys))
    publisher = Publisher(deps.store, signer, deps.config.logs.by_name(), deps.telemetry)
    worker = Worker(
        deps.store,
        publisher,
        batch_interval_seconds=deps.config.batch_interval_seconds,
        batch_size=deps.config.batch_size,
        clock=deps.clock,
        ids=deps.ids,
        telemetry=deps.telemetry,
    )
    bell = Bell()
    service = AuditService(deps.store, publisher, bell, deps.clock)
    async with (
        deps.serve(lambda server: add_AuditServiceServicer_to_server(service, server)),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(repeat(worker.loop(bell), deps.rng, deps.telemetry))


async def _with_system(config: Config, _stop: Stop) -> None:
    clock, rng = SystemClock(), SystemRng()
    with Telemetry.start("audit", config.telemetry) as telemetry:
        listening = partial(serve, config.server, access=ACCESS, service_names=SERVICE_NAMES, telemetry=telemetry)
        async with (
            Database.open(config.db, clock, rng=rng, telemetry=telemetry) as database,
            connect(config.peers.keys, config.tls, telemetry) as keys,
        ):
            await run(
                Deps(
                    config=config,
                    clock=clock,
                    ids=SystemIds(),
                    rng=rng,
                    telemetry=telemetry,
                    store=PostgresStore(database),
                    keys=keys,
                    serve=lambda register: listening(register=register),
                )
            )


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """Keeps the two logs."""
    run_process(partial(_with_system, load(path, Config)))


if __name__ == "__main__":
    main()
