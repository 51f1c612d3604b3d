"""keys: wiring. Run by `python -m services.keys.main --config FILE`, once provisioned."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from libs.config.load import load
from libs.errors import Precondition
from libs.keystore import FileKeystore, Keystore
from libs.rpc.process import Stop, run_process
from libs.rpc.server import serve
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


@dataclass(frozen=True)
class Deps:
    """What the program is handed."""

    config: Config
    keystore: Keystore
    certifications: Certifications
    trees: SignedTrees
    clock: Clock
    telemetry: Telemetry
    stop: Stop


async def run(deps: Deps) -> None:
    """The whole program; returns when asked to stop."""
    origins = deps.config.logs.by_name()
    keyring = await open_keyring(deps.keystore, deps.certifications, origins, deps.clock.now())
    service = KeysService(keyring, deps.trees, deps.clock, deps.telemetry)
    async with serve(
        deps.config.server,
        access=ACCESS,
        register=lambda server: add_KeysServiceServicer_to_server(service, server),
        service_names=[NAME],
        telemetry=deps.telemetry,
    ):
        await deps.stop.wait()


def main() -> None:
    """Builds the world and runs in it."""
    parser = argparse.ArgumentParser(prog="services.keys.main")
    parser.add_argument("--config", type=Path, required=True)
    config = load(parser.parse_args().config, Config)
    certifications = load_certifications(config.keystore_dir)
    if certifications is None:
        raise Precondition(f"{config.keystore_dir} is not provisioned; run services.keys.provision first")
    keystore = FileKeystore(config.keystore_dir, config.passphrase_file)
    trees = SignedTreesInFiles(config.keystore_dir / "signed-trees")
    with Telemetry.start("keys", config.telemetry) as telemetry:
        run_process(lambda stop: run(Deps(config, keystore, certifications, trees, SystemClock(), telemetry, stop)))


if __name__ == "__main__":
    main()
