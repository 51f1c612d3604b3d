"""The whole program over memory: it accepts while everybody else is away, and stops in order."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from libs.db.config import DbConfig
from libs.errors import SamvernError
from libs.keystore import MemoryKeystore
from libs.rpc.channel import connect
from libs.rpc.config import Peer
from libs.rpc.server import serve
from libs.statements import Typ, verify
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.ports import free_port
from libs.testing.tls import TestAuthority
from libs.testing.trust import TestTrust, certify, new_key
from libs.testing.world import FakeClock, SeededIds, SeededRng
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub
from services.intake.access import ACCESS
from services.intake.config import Config, Peers
from services.intake.main import Deps, run
from services.intake.receipt_key import KEY_NAME, ReceiptKey
from services.intake.service import NAME
from services.intake.store.memory import MemoryStore, memory_stores
from services.intake.tests.conftest import Sender
from services.intake.tests.test_service import request_of


async def certified(trust: TestTrust, keystore: MemoryKeystore, store: MemoryStore) -> None:
    key = ReceiptKey(await keystore.ensure_signing_key(KEY_NAME), keystore, trust.root)
    subject = type(trust.receipt)(key.public_key, new_key().sign)
    certification = (await certify(trust.root_key, subject, "receipt")).certification
    await store.keep_certification(key.renew(certification or ""), FakeClock().now())


async def test_it_accepts_alone_and_again_after_a_restart(tmp_path: Path, trust: TestTrust, sender: Sender) -> None:
    authority, telemetry = TestAuthority(tmp_path), NoTelemetry()
    away = Peer(address=f"127.0.0.1:{free_port()}", name="service/keys")
    listen = f"127.0.0.1:{free_port()}"
    config = Config(
        listen=listen,
        tls=authority.tls("service/intake"),
        db=DbConfig("", 0, "", "", tmp_path),
        peers=Peers(directory=away, routing=away, keys=away, audit=away),
        root=tmp_path,
        keystore_dir=tmp_path,
        passphrase_file=tmp_path,
        durability="one disk",
    )
    keystore, store = MemoryKeystore(), MemoryStore()
    await certified(trust, keystore, store)
    submission = sender.submission()

    async def submit() -> str:
        peer = Peer(address=listen, name="service/intake")
        async with connect(peer, authority.tls("service/gateway"), telemetry) as channel:
            request = request_of(submission)
            for _ in range(50):
                try:
                    return (await IntakeServiceStub(channel).SubmitMelding(request, timeout=5.0)).receipt
                except SamvernError:
                    await asyncio.sleep(0.05)
        raise AssertionError("intake did not start")

    async def run_once() -> str:
        async with connect(away, config.tls, telemetry) as nobody, asyncio.TaskGroup() as tasks:
            deps = Deps(
                config=config,
                root=trust.root,
                keystore=keystore,
                stores=memory_stores(store),
                clock=FakeClock(),
                ids=SeededIds(),
                rng=SeededRng(),
                telemetry=telemetry,
                keys=nobody,
                directory=nobody,
                routing=nobody,
                audit=nobody,
                serve=lambda register: serve(
                    config.server, access=ACCESS, register=register, service_names=[NAME], telemetry=telemetry
                ),
            )
            running = tasks.create_task(run(deps))
            receipt = await submit()
            running.cancel()
        return receipt

    receipt = await run_once()
    assert verify(receipt, Typ.RECEIPT, trust.root, at=FakeClock().now())
    assert await run_once() == receipt


@pytest.mark.parametrize("interval", [0.0, -1.0])
def test_a_head_interval_of_nothing_is_refused(tmp_path: Path, interval: float) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sequence_head_interval_seconds": interval}, Config)
