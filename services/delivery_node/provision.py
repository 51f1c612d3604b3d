"""python -m services.delivery_node.provision --config FILE: the node's keys exist; prints their public halves.

One JSON object: {"tjeneste_id", "case_certificate" (base64 of the DER), "proof_public_key" (base64 of 32 bytes)}.
Idempotent: a second run prints the same. The private halves never leave the keystore.
"""

import base64
import json
from pathlib import Path

import click

from libs.config.load import load
from libs.keystore import FileKeystore
from libs.rpc.process import Stop, run_process
from libs.values import TjenesteId
from libs.world import Clock, Ids
from libs.world.system import SystemClock, SystemIds
from services.delivery_node.config import Config
from services.delivery_node.prove import proof_key
from services.delivery_node.receiver_keys import ensure_certificate


async def provision(config: Config, clock: Clock, ids: Ids) -> dict[str, str]:
    """What the directory needs of this node, its keys made where they were missing. Raises Precondition."""
    tjeneste = TjenesteId.parse(config.tjeneste_id)
    keystore = FileKeystore(config.keystore_dir, config.passphrase_file)
    certificate = await ensure_certificate(keystore, config.keystore_dir, str(tjeneste), clock.now(), ids)
    proof = await proof_key(keystore)
    return {
        "tjeneste_id": str(tjeneste),
        "case_certificate": base64.b64encode(certificate).decode(),
        "proof_public_key": base64.b64encode(proof.public_key).decode(),
    }


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """Make the keys of a delivery node and print their public halves."""

    async def print_provisioned(_stop: Stop) -> None:
        print(json.dumps(await provision(load(path, Config), SystemClock(), SystemIds())))

    run_process(print_provisioned)


if __name__ == "__main__":
    main()
