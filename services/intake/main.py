"""Intake's process: wiring only."""

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
from libs.keystore import FileKeystore, Keystore
from libs.loops.repeat import Loop, repeat
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock, Ids, Rng
from libs.world.system import SystemClock, SystemIds, SystemRng
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceStub
from samvern.intake.v1.intake_pb2_grpc import add_IntakeServiceServicer_to_server
from samvern.keys.v1.keys_pb2_grpc import KeysServiceStub
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub
from services.intake.accepting import Acceptor
from services.intake.access import ACCESS
from services.intake.addresses import Directory, Labels
from services.intake.bells import Bells
from services.intake.committer import Committer
from services.intake.config import Config
from services.intake.receipt_key import ReceiptKey
from services.intake.service import NAME, IntakeService
from services.intake.store.contract import Stores
from services.intake.store.postgres import postgres_stores
from services.intake.sync import CertificationSync, LabelSync, SnapshotSync
from services.intake.worker import CommitmentWorker, ErasureWorker, HeadWorker

LOOK_SECONDS = 60.0
"""Between two looks into the own store for work that no bell told of."""
SNAPSHOT_SECONDS = 30.0
LABELS_SECONDS = 60.0
CERTIFY_SECONDS = 24 * 3600.0
SPACING_SECONDS = 1.0
"""The shortest wait between two questions to others, however often somebody asks for an unknown place."""

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    config: Config
    root: Root
    keystore: Keystore
    stores: Stores
    clock: Clock
    ids: Ids
    rng: Rng
    telemetry: Telemetry
    keys: Channel
    directory: Channel
    routing: Channel
    audit: Channel
    serve: Serve


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    stores, clock, telemetry = deps.stores, deps.clock, deps.telemetry
    bells, labels = Bells(), Labels(deps.root)
    key = await ReceiptKey.open(deps.keystore, deps.root, stores.addresses)
    acceptor = Acceptor(stores.accepting, key, deps.config.durability, clock, deps.ids, telemetry)
    committer = Committer(acceptor, bells.accepted, telemetry)
    directory = Directory(stores.addresses, deps.root)
    service = IntakeService(stores, committer, labels, directory, bells, clock, telemetry)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(committer.run())
        for loop in _loops(deps, key, labels, bells):
            tasks.create_task(repeat(loop, deps.rng, telemetry))
        # The server stands inside, so that what it has taken is committed while it stops.
        async with deps.serve(lambda server: add_IntakeServiceServicer_to_server(service, server)):
            await asyncio.Event().wait()


def _loops(deps: Deps, key: ReceiptKey, labels: Labels, bells: Bells) -> list[Loop]:
    config, stores, clock, ids = deps.config, deps.stores, deps.clock, deps.ids
    interval_seconds = config.sequence_head_interval_seconds
    certification = CertificationSync(KeysServiceStub(deps.keys), stores.addresses, key, clock, deps.telemetry)
    snapshot = SnapshotSync(DirectoryServiceStub(deps.directory), stores.addresses, deps.root, clock, bells.addresses)
    label = LabelSync(RoutingServiceStub(deps.routing), stores.addresses, labels, clock)
    heads = HeadWorker(stores.accepting, key, interval_seconds, clock=clock, ids=ids, appended=bells.accepted)
    commitments = CommitmentWorker(AuditServiceStub(deps.audit), stores.outbox)
    erasure = ErasureWorker(stores.progress, clock)
    return [
        Loop("certification", certification.step, CERTIFY_SECONDS),
        Loop("snapshot", snapshot.step, SNAPSHOT_SECONDS, bells.addresses, SPACING_SECONDS),
        Loop("labels", label.step, LABELS_SECONDS, bells.addresses, SPACING_SECONDS),
        Loop("heads", heads.step, min(interval_seconds, LOOK_SECONDS)),
        Loop("commitments", commitments.step, LOOK_SECONDS, bells.accepted, SPACING_SECONDS),
        Loop("erasure", erasure.step, LOOK_SECONDS, bells.progressed, SPACING_SECONDS),
    ]


async def _with_system(config: Config, _stop: Stop) -> None:
    clock, rng, root = SystemClock(), SystemRng(), Root.load(config.root)
    keystore = FileKeystore(config.keystore_dir, config.passphrase_file)
    peers, tls = config.peers, config.tls
    with Telemetry.start("intake", config.telemetry) as telemetry:
        listening = partial(serve, config.server, access=ACCESS, service_names=[NAME], telemetry=telemetry)
        async with (
            Database.open(config.db, clock, rng=rng, telemetry=telemetry) as database,
            connect(peers.keys, tls, telemetry) as keys,
            connect(peers.directory, tls, telemetry) as directory,
            connect(peers.routing, tls, telemetry) as routing,
            connect(peers.audit, tls, telemetry) as audit,
        ):
            await run(
                Deps(
                    config=config,
                    root=root,
                    keystore=keystore,
                    stores=postgres_stores(database),
                    clock=clock,
                    ids=SystemIds(),
                    rng=rng,
                    telemetry=telemetry,
                    keys=keys,
                    directory=directory,
                    routing=routing,
                    audit=audit,
                    serve=lambda register: listening(register=register),
                )
            )


def main() -> None:
    """Builds the world and runs in it."""
    parser = argparse.ArgumentParser(prog="services.intake.main")
    parser.add_argument("--config", type=Path, required=True)
    run_process(partial(_with_system, load(parser.parse_args().config, Config)))


if __name__ == "__main__":
    main()
