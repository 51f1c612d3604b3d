"""Provisioning from a configuration file, and the program that starts from what it left."""

import asyncio
import json
from pathlib import Path

import pytest

from libs.config.load import load
from libs.errors import Precondition
from libs.keystore import FileKeystore
from libs.rpc.process import Stop
from libs.rpc.server import serve
from libs.statements import Root
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.tls import TestAuthority
from libs.testing.world import FakeClock
from libs.tlog.note import VerifierKey
from services.keys.access import ACCESS
from services.keys.config import Config
from services.keys.files import load_certifications
from services.keys.main import Deps, run
from services.keys.provision import provision_files
from services.keys.service import NAME
from services.keys.store import SignedTreesInFiles


@pytest.fixture
def config(tmp_path: Path) -> Config:
    tls = TestAuthority(tmp_path / "tls").tls("service/keys")
    (tmp_path / "passphrase").write_text("oppdiktet" * 5)
    (tmp_path / "passphrase").chmod(0o600)
    (tmp_path / "keys.toml").write_text(f"""
        listen = "127.0.0.1:0"
        keystore_dir = "keystore"
        passphrase_file = "passphrase"
        root = "trust/root.json"
        tls = {{ certificate = "{tls.certificate}", key = "{tls.key}", ca = "{tls.ca}" }}
        logs = {{ keys_origin = "samvern.example/log/keys", events_origin = "samvern.example/log/events" }}
        telemetry = {{ log_level = "info" }}
        """)
    return load(tmp_path / "keys.toml", Config)


def files(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


async def test_provisioning_publishes_root_and_logs_and_again_changes_no_byte(config: Config, tmp_path: Path) -> None:
    made = await provision_files(config, FakeClock())
    before = files(tmp_path)

    assert await provision_files(config, FakeClock()) == made
    assert files(tmp_path) == before
    root = Root.load(config.root)
    assert json.loads(root.encode())["kid"] == made["root"]
    logs = json.loads((tmp_path / "trust" / "logs.json").read_bytes())
    for log in ("keys", "events"):
        verifier = VerifierKey.parse(logs[log]["vkey"])
        assert (str(verifier), verifier.name) == (made[log], logs[log]["origin"])


async def test_a_root_that_people_have_pinned_is_never_replaced(config: Config) -> None:
    await provision_files(config, FakeClock())
    for file in config.keystore_dir.glob("*.pem"):
        file.unlink()

    with pytest.raises(Precondition, match="another root"):
        await provision_files(config, FakeClock())


async def test_damaged_certifications_are_said_to_be_so(config: Config) -> None:
    await provision_files(config, FakeClock())
    (config.keystore_dir / "certifications.json").write_text("{}")

    with pytest.raises(Precondition, match="does not hold certifications"):
        await provision_files(config, FakeClock())


async def test_the_program_starts_from_what_was_provisioned_and_stops_when_asked(config: Config) -> None:
    await provision_files(config, FakeClock())
    certifications = load_certifications(config.keystore_dir)
    assert certifications is not None
    telemetry, stop = NoTelemetry(), Stop()
    deps = Deps(
        config=config,
        keystore=FileKeystore(config.keystore_dir, config.passphrase_file),
        certifications=certifications,
        trees=SignedTreesInFiles(config.keystore_dir / "signed-trees"),
        clock=FakeClock(),
        telemetry=telemetry,
        serve=lambda register: serve(
            config.server, access=ACCESS, register=register, service_names=[NAME], telemetry=telemetry
        ),
        stop=stop,
    )

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(run(deps))
        stop.ask()


def test_without_provisioning_there_are_no_certifications(config: Config) -> None:
    assert load_certifications(config.keystore_dir) is None
