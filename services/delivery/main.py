"""Delivery's process: wiring only."""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grpc.aio import Channel, Server

from libs.config.load import load
from libs.db.database import Database
from libs.loops.bell import Bell
from libs.loops.repeat import Loop, repeat
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Ids, Rng
from libs.world.system import SystemClock, SystemIds, SystemRng
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub
from samvern.delivery.v1 import delivery_pb2 as pb
from samvern.delivery.v1.delivery_pb2_grpc import add_DeliveryServiceServicer_to_server
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceStub
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub
from services.delivery.access import ACCESS
from services.delivery.bells import Bells
from services.delivery.config import Config
from services.delivery.service import DeliveryService, Parts
from services.delivery.store.contract import Store
from services.delivery.store.postgres import PostgresStore
from services.delivery.trust import Trust
from services.delivery.worker import Commitments, Copying, Forwarding, Registration, Reporting

NAME = pb.DESCRIPTOR.services_by_name["DeliveryService"].full_name
LOOK_SECONDS = 30.0
"""Between two looks into the own store for work that no bell told of."""
SPACING_SECONDS = 1.0
"""The shortest wait between two calls to audit, so that commitments come in batches."""
GATHER_SECONDS = 0.1
"""What comes in this time goes in one call and one commit; the first of it goes at once."""

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    root: Root
    store: Store
    clock: Clock
    ids: Ids
    rng: Rng
    telemetry: Telemetry
    intake: Channel
    directory: Channel
    audit: Channel
    serve: Serve


@dataclass(frozen=True)
class _Rung:
    """The bells that one loop rings for another."""

    registered: Bell
    copied: Bell
    proofs: Bell


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    bells, rung = Bells(), _Rung(Bell(), Bell(), Bell())
    trust = Trust(deps.store, deps.root, DirectoryServiceStub(deps.directory))
    parts = Parts(
        store=deps.store,
        trust=trust,
        bells=bells,
        proofs=rung.proofs,
        clock=deps.clock,
        ids=deps.ids,
        telemetry=deps.telemetry,
    )
    service = DeliveryService(parts)
    async with asyncio.TaskGroup() as tasks:
        for loop in _loops(deps, bells, rung, trust):
            tasks.create_task(repeat(loop, deps.rng, deps.telemetry))
        async with deps.serve(lambda server: add_DeliveryServiceServicer_to_server(service, server)):
            await asyncio.Event().wait()


def _loops(deps: Deps, bells: Bells, rung: _Rung, trust: Trust) -> list[Loop]:
    store, clock, telemetry = deps.store, deps.clock, deps.telemetry
    intake = IntakeServiceStub(deps.intake)
    registration = Registration(intake, store, rung.registered, clock=clock, ids=deps.ids)
    copying = Copying(intake, store, bells, rung.copied, clock=clock, telemetry=telemetry)
    reporting = Reporting(intake, store, clock)
    forwarding = Forwarding(intake, store, clock=clock, telemetry=telemetry)
    commitments = Commitments(AuditServiceStub(deps.audit), store, clock)
    return [
        Loop("registration", registration.step, 0.0, spacing_seconds=GATHER_SECONDS),
        Loop("copying", copying.step, LOOK_SECONDS, rung.registered),
        Loop("reporting", reporting.step, LOOK_SECONDS, rung.copied, GATHER_SECONDS),
        Loop("forwarding", forwarding.step, LOOK_SECONDS, rung.proofs, GATHER_SECONDS),
        Loop("commitments", commitments.step, LOOK_SECONDS, rung.copied, SPACING_SECONDS),
        Loop("snapshot", trust.step, LOOK_SECONDS),
    ]


async def _with_system(config: Config, _stop: Stop) -> None:
    clock, rng, root = SystemClock(), SystemRng(), Root.load(config.root)
    peers, tls = config.peers, config.tls
    with Telemetry.start("delivery", config.telemetry) as telemetry:
        listening = partial(serve, config.server, access=ACCESS, service_names=[NAME], telemetry=telemetry)
        async with (
            Database.open(config.db, clock, rng=rng, telemetry=telemetry) as database,
            connect(peers.intake, tls, telemetry) as intake,
            connect(peers.directory, tls, telemetry) as directory,
            connect(peers.audit, tls, telemetry) as audit,
        ):
            await run(
                Deps(
                    root=root,
                    store=PostgresStore(database),
                    clock=clock,
                    ids=SystemIds(),
                    rng=rng,
                    telemetry=telemetry,
                    intake=intake,
                    directory=directory,
                    audit=audit,
                    serve=lambda register: listening(register=register),
                )
            )


def main() -> None:
    """Builds the world and runs in it."""
    parser = argparse.ArgumentParser(prog="services.delivery.main")
    parser.add_argument("--config", type=Path, required=True)
    run_process(partial(_with_system, load(parser.parse_args().config, Config)))


if __name__ == "__main__":
    main()
