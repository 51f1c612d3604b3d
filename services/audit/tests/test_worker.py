"""The loop."""

import asyncio
from datetime import UTC, datetime

import pytest

from libs.loops.bell import Bell
from libs.loops.repeat import repeat
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.world import FakeClock, SeededIds, SeededRng
from services.audit import worker as worker_module
from services.audit.fake import LocalSigner
from services.audit.memory import MemoryStore
from services.audit.publisher import Publisher
from services.audit.worker import Worker

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def _worker(store: MemoryStore, interval_seconds: float = 0.01) -> Worker:
    signer = LocalSigner()
    return Worker(
        store,
        Publisher(store, signer, signer.keys, NoTelemetry()),
        batch_interval_seconds=interval_seconds,
        batch_size=16,
        clock=FakeClock(),
        ids=SeededIds(),
        telemetry=NoTelemetry(),
    )


async def _until_signed(store: MemoryStore, size: int) -> None:
    async with asyncio.timeout(5):
        while (await store.load_state("events")).signed_size < size:
            await asyncio.sleep(0.005)


async def test_a_round_leaves_nothing_waiting_and_everything_signed() -> None:
    store = MemoryStore()
    await store.insert_commitments([bytes([number]) * 32 for number in range(20)], NOW)
    await store.append_key_entry(b"left by a crash")
    await _worker(store).run_once()
    assert [(await store.load_state(log)).signed_size for log in ("keys", "events")] == [1, 32]


async def test_a_batch_comes_after_the_bell() -> None:
    store, bell = MemoryStore(), Bell()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(repeat(_worker(store).loop(bell), SeededRng(), NoTelemetry()))
        for number in range(1, 4):
            await store.insert_commitments([bytes([number]) * 32], NOW)
            bell.ring()
            await _until_signed(store, 16 * number)
        running.cancel()


async def test_what_waits_is_found_without_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "FALLBACK_SECONDS", 0.02)
    store = MemoryStore()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(repeat(_worker(store).loop(Bell()), SeededRng(), NoTelemetry()))
        await asyncio.sleep(0.03)
        await store.insert_commitments([bytes(32)], NOW)
        await _until_signed(store, 16)
        running.cancel()
