"""The gateway's process, portal or sealing: wiring only."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from grpc.aio import Channel, Server
from litestar.types import ASGIApp

from libs.config.load import load
from libs.loops.repeat import repeat
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.web.server import RunningHttp, serve_http
from libs.world import Clock, Ids, Rng
from libs.world.system import SystemClock, SystemIds, SystemRng
from samvern.audit.v1.audit_pb2_grpc import AuditServiceStub
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub
from services.gateway import app
from services.gateway.access import ACCESS
from services.gateway.config import Config
from services.gateway.snapshot_cache import SnapshotCache
from services.gateway.upstream import AuditClient, IntakeClient, NoAudit, RoutingClient

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]
ServeHttp = Callable[[ASGIApp], AbstractAsyncContextManager[RunningHttp]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    config: Config
    root: Root
    clock: Clock
    ids: Ids
    rng: Rng
    telemetry: Telemetry
    submitting: Channel
    """To intake, without our trace: none may join an address on the net to a melding."""
    intake: Channel
    routing: Channel
    audit: Channel | None
    serve: Serve
    serve_http: ServeHttp


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    intake = IntakeClient(IntakeServiceStub(deps.submitting), IntakeServiceStub(deps.intake))
    snapshot = SnapshotCache(intake, deps.root, deps.telemetry)
    handlers = app.create_app(
        app.Deps(
            role=deps.config.role,
            origins=deps.config.origins,
            root=deps.root,
            intake=intake,
            routing=RoutingClient(RoutingServiceStub(deps.routing)),
            audit=AuditClient(AuditServiceStub(deps.audit)) if deps.audit else NoAudit(),
            snapshot=snapshot,
            clock=deps.clock,
            ids=deps.ids,
            rng=deps.rng,
            telemetry=deps.telemetry,
        )
    )
    async with deps.serve_http(handlers), deps.serve(lambda _server: None), asyncio.TaskGroup() as tasks:
        tasks.create_task(repeat(snapshot.loop(), deps.rng, deps.telemetry))


async def _with_system(config: Config, _stop: Stop) -> None:
    peers, tls = config.peers, config.tls
    name = "gateway" if config.role == "portal" else "sealing"
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(Telemetry.start(name, config.telemetry))
        calling = partial(connect, tls=tls, telemetry=telemetry)
        listening = partial(serve, config.server, access=ACCESS, service_names=[], telemetry=telemetry)
        await run(
            Deps(
                config=config,
                root=Root.load(config.root),
                clock=SystemClock(),
                ids=SystemIds(),
                rng=SystemRng(),
                telemetry=telemetry,
                submitting=await stack.enter_async_context(calling(peers.intake, propagate_trace=False)),
                intake=await stack.enter_async_context(calling(peers.intake)),
                routing=await stack.enter_async_context(calling(peers.routing)),
                audit=await stack.enter_async_context(calling(peers.audit)) if peers.audit else None,
                serve=lambda register: listening(register=register),
                serve_http=lambda handlers: serve_http(
                    handlers, config.http_listen, trusted_proxies=config.trusted_proxies
                ),
            )
        )


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """The HTTP face of Samvern."""
    run_process(partial(_with_system, load(path, Config)))


if __name__ == "__main__":
    main()
