"""The delivery node's process: wiring only."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import httpx
from grpc.aio import Channel, Server
from litestar.types import ASGIApp

from libs.config.load import load
from libs.db.database import Database
from libs.keystore import FileKeystore, Keystore
from libs.rpc.channel import connect
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.values import TjenesteId
from libs.web.assets import Assets
from libs.web.pages import STATIC
from libs.web.server import RunningHttp, serve_http
from libs.world import Clock, Ids, Rng
from libs.world.system import SystemClock, SystemIds, SystemRng
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub
from services.delivery_node.access import ACCESS
from services.delivery_node.centre import Centre
from services.delivery_node.config import Config
from services.delivery_node.opening import Opener
from services.delivery_node.pages.app import create_app
from services.delivery_node.pages.handling import Deps as PageDeps
from services.delivery_node.pages.oidc import LoginProvider, OidcProvider
from services.delivery_node.pages.sessions import Cookies, cookies
from services.delivery_node.pages.view import View
from services.delivery_node.printing.printer import Printer, TypstPrinter
from services.delivery_node.receiver_keys import ReceiverKeys
from services.delivery_node.store.contract import Store
from services.delivery_node.store.postgres import PostgresStore
from services.delivery_node.surroundings import Surroundings
from services.delivery_node.texts import Texts
from services.delivery_node.worker import Worker

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]
ServeHttp = Callable[[ASGIApp], AbstractAsyncContextManager[RunningHttp]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    config: Config
    root: Root
    keys: ReceiverKeys
    cookies: Cookies
    clock: Clock
    ids: Ids
    rng: Rng
    telemetry: Telemetry
    delivery: Channel
    store: Store
    keystore: Keystore
    provider: LoginProvider
    printer: Printer
    serve: Serve
    serve_http: ServeHttp


async def run(deps: Deps) -> None:
    """The whole program, until cancelled."""
    here = Surroundings(
        receiver=TjenesteId.parse(deps.config.tjeneste_id),
        root=deps.root,
        store=deps.store,
        centre=Centre(DeliveryServiceStub(deps.delivery)),
        clock=deps.clock,
        rng=deps.rng,
        telemetry=deps.telemetry,
    )
    async with deps.serve_http(_pages(deps, here)), deps.serve(lambda _server: None), asyncio.TaskGroup() as tasks:
        tasks.create_task(Worker(here, deps.keystore).run())


def _pages(deps: Deps, here: Surroundings) -> ASGIApp:
    assets = Assets.load(STATIC, Path(__file__).parent / "static")
    view = View(Texts.load("nb"), assets, deps.config.shown_name, is_test_login=deps.config.oidc.is_test_login)
    opener = Opener(
        here.receiver, deps.store, deps.keystore, deps.keys, deps.clock, deps.ids, deps.telemetry, here.to_prove
    )
    pages = PageDeps(deps.store, opener, deps.provider, deps.printer, view, deps.clock, deps.ids)
    return create_app(pages, deps.cookies, assets, deps.telemetry, is_https=deps.config.is_https)


async def _with_system(config: Config, _stop: Stop) -> None:
    clock, rng = SystemClock(), SystemRng()
    async with AsyncExitStack() as stack:
        telemetry = stack.enter_context(Telemetry.start(f"node-{config.tjeneste_id}", config.telemetry))
        database = await stack.enter_async_context(Database.open(config.db, clock, rng=rng, telemetry=telemetry))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        listening = partial(serve, config.server, access=ACCESS, service_names=[], telemetry=telemetry)
        await run(
            Deps(
                config=config,
                root=Root.load(config.root),
                keys=ReceiverKeys.load(config.keystore_dir),
                cookies=cookies(config.session_secret_file, config.public_url),
                clock=clock,
                ids=SystemIds(),
                rng=rng,
                telemetry=telemetry,
                delivery=await stack.enter_async_context(connect(config.peers.delivery, config.tls, telemetry)),
                store=PostgresStore(database),
                keystore=FileKeystore(config.keystore_dir, config.passphrase_file),
                provider=OidcProvider(config.oidc, f"{config.public_url}/callback", http, clock),
                printer=await stack.enter_async_context(TypstPrinter.open()),
                serve=lambda register: listening(register=register),
                serve_http=lambda app: serve_http(app, config.http_listen, trusted_proxies=config.trusted_proxies),
            )
        )


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """The delivery node of one barnevernstjeneste."""
    run_process(partial(_with_system, load(path, Config)))


if __name__ == "__main__":
    main()
