"""Makes what keys needs before it can start: its keys, their certifications, and the public files root.json, logs.json.

    python -m services.keys.provision --config FILE

It needs no running system and may run again at any time: what exists and holds stays. Prints one JSON object with the
root's key id and the logs' verifier keys.
"""

import asyncio
import json
from pathlib import Path

import click

from libs.config.load import ConfigRefusedError, load
from libs.errors import SamvernError
from libs.keystore import FileKeystore
from libs.statements.envelope import kid_of
from libs.world import Clock
from libs.world.system import SystemClock
from services.keys.config import Config
from services.keys.files import load_certifications, publish_logs, publish_root, save_certifications
from services.keys.keyring import log_key, provision


async def provision_files(config: Config, clock: Clock) -> dict[str, str]:
    """Everything exists. The root's key id and each log's verifier key. Raises Precondition, Unavailable."""
    keystore = FileKeystore(config.keystore_dir, config.passphrase_file)
    existing = load_certifications(config.keystore_dir)
    root, certifications = await provision(keystore, clock.now(), existing)
    publish_root(config.root, root)
    save_certifications(config.keystore_dir, certifications)
    logs = {log: await log_key(keystore, log, origin) for log, origin in config.logs.by_name().items()}
    publish_logs(config.root.with_name("logs.json"), {log: key.verifier for log, key in logs.items()})
    return {"root": kid_of(root.public_key), **{log: str(key.verifier) for log, key in logs.items()}}


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True)
def main(path: Path) -> None:
    """Makes what keys needs before it can start."""
    try:
        made = asyncio.run(provision_files(load(path, Config), SystemClock()))
    except (ConfigRefusedError, SamvernError) as error:
        raise click.ClickException(str(error)) from error
    print(json.dumps(made))


if __name__ == "__main__":
    main()
