"""keys: wiring. Run by `python -m services.keys.main --config FILE`, once provisioned."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from grpc.aio import Server

from libs.config.load import load
from libs.errors import Precondition
from libs.keystore import FileKeystore, Keystore
from libs.rpc.process import Stop, run_process
from libs.rpc.server import Running, serve
from libs.telemetry.telemetry import Telemetry
from libs.world import Clock
from libs.world.system import SystemClock
from samvern.keys.v1.keys_pb2_grpc import add_KeysServiceServicer_to_server
from services.keys.access import ACCESS
from services.keys.config import Config
from services.keys.files import load_certifications
from services.keys.keyring import Certifications, open_keyring
from services.keys.service import NAME, KeysService
from services.keys.store import SignedTrees, SignedTreesInFiles

Serve = Callable[[Callable[[Server], None]], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The world that the program is handed."""

    config: Config
    keystore: Keystore
    certifications: Certifications
    trees: SignedTrees
    clock: Clock
    telemetry: Telemetry
    serve: Serve
    stop: Stop


async def run(deps: Deps) -> None:
    """The whole program; returns when asked to stop."""
    origins = deps.config.logs.by_name()
    keyring = await open_keyring(deps.keystore, deps.certifications, origins, deps.clock.now())
    service = KeysService(keyring, deps.trees, deps.clock, deps.telemetry)
    async with deps.serve(lambda server: add_KeysServiceServicer_to_server(service, server)):
        await deps.stop.wait()


async def _with_system(config: Config, stop: Stop) -> None:
    certifications = load_certifications(config.keystore_dir)
    if certifications is None:
        raise Precondition(f"{config.keystore_dir} is not provisioned; run services.keys.provision first")
    with Telemetry.start("keys", config.telemetry) as telemetry:
        listening = partial(serve, config.server, access=ACCESS, service_names=[NAME], telemetry=telemetry)
        await run(
            Deps(
                config=config,
                keystore=FileKeystore(config.keystore_dir, config.passphrase_file),
                certifications=certifications,
                trees=SignedTreesInFiles(config.keystore_dir / "signed-trees"),
                clock=SystemClock(),
                telemetry=telemetry,
                serve=lambda register: listening(register=register),
                stop=stop,
            )
        )


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """Makes the centre's signatures."""
    run_process(partial(_with_system, load(path, Config)))


if __name__ == "__main__":
    main()
