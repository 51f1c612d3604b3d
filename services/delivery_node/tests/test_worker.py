"""The whole worker against delivery's double: what it proves, in which order, and what it survives."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from libs.errors import DigestMismatch, LeaseLost, Overloaded, TimedOut, Unavailable
from libs.keystore import Keystore
from libs.statements import Typ, sign
from libs.statements.payloads import timestamp
from libs.telemetry.log import Logger, discard
from libs.telemetry.metrics import NoMetrics
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.telemetry.tracing import Tracing
from libs.testing.trust import new_key
from libs.testing.world import START, FakeClock
from services.delivery_node.centre import Centre as CentreClient
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import State
from services.delivery_node.store.contract import Store
from services.delivery_node.store.memory import Disk, MemoryStore
from services.delivery_node.surroundings import Surroundings
from services.delivery_node.tests.delivery_double import DeliveryDouble
from services.delivery_node.tests.factory import RECEIVER, Centre, Melding
from services.delivery_node.worker import Worker

PATIENCE_SECONDS = 5.0
FIRST = MeldingNumber(1, 1)


class NoWaiting:
    """Chance that makes every pause nothing."""

    def uniform(self, low: float, high: float) -> float:
        return 0.0


@dataclass
class World:
    """A node's disk and keys, its centre, and delivery; the worker over them may be started again and again."""

    centre: Centre
    delivery: DeliveryDouble
    disk: Disk
    clock: FakeClock

    @classmethod
    async def new(cls) -> "World":
        centre = await Centre.new()
        delivery = DeliveryDouble(await centre.keystore.ensure_signing_key("proof"))
        return cls(centre, delivery, Disk(), FakeClock())

    @property
    def store(self) -> MemoryStore:
        return MemoryStore(self.disk)

    def worker(
        self, store: Any = None, keystore: Any = None, delivery: Any = None, telemetry: Telemetry | None = None
    ) -> Worker:
        here = Surroundings(
            receiver=RECEIVER,
            root=self.centre.trust.root,
            store=cast("Store", store or self.store),
            centre=CentreClient(cast("Any", delivery or self.delivery)),
            clock=self.clock,
            rng=NoWaiting(),
            telemetry=telemetry or NoTelemetry(),
        )
        return Worker(here, cast("Keystore", keystore or self.centre.keystore))

    async def until(self, is_reached: Callable[[], bool], worker: Worker | None = None) -> None:
        """Runs a worker until then; fails after PATIENCE_SECONDS."""
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            running = tasks.create_task((worker or self.worker()).run())
            while not is_reached():
                await asyncio.sleep(0.002)
            running.cancel()

    def is_settled(self, *numbers: int) -> bool:
        """Whether each has its stored proof acknowledged."""
        proofs = [self.disk.proofs.get((MeldingNumber(1, number), "stored")) for number in numbers]
        return all(proof is not None and proof.acknowledged_at is not None for proof in proofs)

    async def meldinger(self, *numbers: int) -> list[Melding]:
        made = [await self.centre.melding(number) for number in numbers]
        self.delivery.add(*made)
        return made


@pytest.fixture
async def world() -> World:
    return await World.new()


async def test_what_delivery_offers_is_stored_proven_and_confirmed(world: World) -> None:
    first, second = await world.meldinger(1, 2)
    await world.until(lambda: world.is_settled(1, 2))
    assert [each.arrival.reference for each in await world.store.inbox(9)] == [
        second.arrival().reference,
        first.arrival().reference,
    ]
    assert await world.store.sealed_parts(FIRST) == first.sealed
    proof = world.delivery.proof(FIRST, "stored")
    assert (proof.kind, proof.receiver, proof.number, proof.digest, proof.at) == (
        "stored",
        str(RECEIVER),
        1,
        first.receipt.digest,
        timestamp(START),
    )


async def test_what_comes_later_is_taken_on_the_same_stream(world: World) -> None:
    await world.meldinger(1)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.worker().run())
        while not world.is_settled(1):
            await asyncio.sleep(0.002)
        await world.meldinger(2)
        while not world.is_settled(1, 2):
            await asyncio.sleep(0.002)
        running.cancel()
    assert "ListHeads" not in world.delivery.calls


async def test_a_restart_goes_on_after_what_is_known(world: World) -> None:
    await world.meldinger(1, 2)
    await world.until(lambda: world.is_settled(1, 2))
    await world.meldinger(3)
    await world.until(lambda: world.is_settled(3))
    assert {key: len(sent) for key, sent in world.delivery.proofs.items()} == {
        (MeldingNumber(1, number), "stored"): 1 for number in (1, 2, 3)
    }


async def test_poisonous_bytes_hold_back_nobody_and_are_told(world: World) -> None:
    await world.meldinger(1, 2, 3)
    world.delivery.garbled[FIRST] = lambda chunk: bytes(len(chunk))
    await world.until(lambda: world.is_settled(2, 3))
    assert not world.is_settled(1)
    assert Finding.BYTES_REFUSED in [each.finding for each in await world.store.findings()]
    world.delivery.garbled.clear()
    await world.until(lambda: world.is_settled(1))
    assert await world.store.findings() == []


async def test_a_head_that_does_not_hold_is_told_and_asked_for_again(world: World) -> None:
    await world.meldinger(1, 2)
    stranger = await new_key_signs(world)
    world.delivery.head_changes[FIRST] = {"receipt": stranger}
    await world.until(lambda: world.is_settled(2))
    assert [(each.finding, each.which) for each in await world.store.findings()] == [(Finding.HEAD_REFUSED, FIRST)]
    world.delivery.head_changes.clear()
    await world.until(lambda: world.is_settled(1))
    assert await world.store.findings() == []


async def new_key_signs(world: World) -> str:
    """The first melding's receipt, signed again by a key that the root does not certify."""
    return await sign(new_key(), Typ.RECEIPT, world.delivery.meldinger[FIRST].receipt.encode())


async def test_another_melding_under_a_known_number_is_told_and_not_taken(world: World) -> None:
    _, second = await world.meldinger(1, 2)
    world.delivery.withheld.add(FIRST)
    await world.until(lambda: world.is_settled(2))
    world.delivery.withheld.clear()
    world.delivery.add(await world.centre.melding(2))
    await world.until(lambda: world.is_settled(1) and bool(world.disk.findings))
    assert [(each.finding, each.which) for each in await world.store.findings()] == [
        (Finding.HEAD_CONFLICT, second.which)
    ]
    assert (await world.store.find(second.which)).arrival == second.arrival()


async def test_a_withheld_tail_shows_by_the_signed_sequence_head(world: World) -> None:
    await world.meldinger(1, 2, 3)
    world.delivery.withheld.add(MeldingNumber(1, 3))
    world.delivery.tell(await world.centre.sequence_head(3))
    await world.until(lambda: world.is_settled(1, 2) and bool(world.disk.heads))
    assert await world.store.missing(9) == [MeldingNumber(1, 3)]
    world.delivery.withheld.clear()
    await world.until(lambda: world.is_settled(3))
    assert await world.store.missing(9) == []


async def test_sequence_heads_that_contradict_or_do_not_hold_are_told(world: World) -> None:
    world.delivery.tell(await world.centre.sequence_head(3))
    world.delivery.tell(await world.centre.sequence_head(2, at=START.replace(hour=10)))
    world.delivery.tell(await world.centre.sequence_head(9, receiver="annensteds"))
    await world.until(lambda: len(world.disk.findings) == 2)
    assert [each.finding for each in await world.store.findings()] == [
        Finding.SEQUENCE_HEAD_REFUSED,
        Finding.SEQUENCE_HEAD_WENT_BACK,
    ]
    assert world.disk.heads[1].last_number == 3


async def test_long_polls_take_over_where_streams_break(world: World) -> None:
    await world.meldinger(1, 2)
    world.delivery.failures["StreamHeads"] = [TimedOut("nothing came")] * 3
    await world.until(lambda: world.is_settled(1, 2))
    assert "ListHeads" in world.delivery.calls


@pytest.mark.parametrize("error", [Unavailable("away"), LeaseLost("another"), Overloaded("later")], ids=repr)
async def test_a_centre_that_is_away_is_waited_for(
    world: World, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.delivery_node.follow.LEASE_PAUSE_SECONDS", 0.0)
    await world.meldinger(1)
    for method in ("StreamHeads", "FetchMelding", "ConfirmStored"):
        world.delivery.failures[method] = [error, error]  # type: ignore[list-item]
    await world.until(lambda: world.is_settled(1))
    assert len(world.delivery.proofs[FIRST, "stored"]) == 1


async def test_a_proof_that_is_refused_is_told_and_sent_again(world: World) -> None:
    await world.meldinger(1, 2)
    world.delivery.failures["ConfirmStored"] = [DigestMismatch("another digest")]
    await world.until(lambda: world.is_settled(2))
    await world.until(lambda: world.is_settled(1))
    assert await world.store.findings() == []


async def test_the_same_statement_is_repeated_until_it_is_acknowledged(world: World) -> None:
    await world.meldinger(1)
    world.delivery.failures["ConfirmStored after"] = [TimedOut("the answer was lost")]
    await world.until(lambda: world.is_settled(1))
    first, second = world.delivery.proofs[FIRST, "stored"]
    assert first == second


async def test_opened_and_confirmed_are_proven_too(world: World) -> None:
    await world.meldinger(1)
    await world.until(lambda: world.is_settled(1))
    await world.store.mark_opened(FIRST, START)
    await world.until(lambda: (FIRST, "opened") in world.delivery.proofs)
    assert world.delivery.proof(FIRST, "opened").digest == world.delivery.meldinger[FIRST].receipt.digest


async def test_the_proof_is_sent_within_the_trace_that_began_at_intake(world: World) -> None:
    (melding,) = await world.meldinger(1)
    melding.traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    tracing, traces = Tracing(), []
    telemetry = Telemetry(Logger("test", tracing, discard, is_strict=True), tracing, NoMetrics())
    world.delivery.on_proof = lambda: traces.append(telemetry.current_traceparent())
    await world.until(lambda: world.is_settled(1), world.worker(telemetry=telemetry))
    assert [trace[3:35] for trace in traces] == ["0123456789abcdef0123456789abcdef"]


class LyingStore(MemoryStore):
    """A database that gives back other bytes than it was given, so many times."""

    def __init__(self, disk: Disk, lies: int) -> None:
        super().__init__(disk)
        self._lies = lies

    async def read_back(self, numbers: Any) -> dict[MeldingNumber, tuple[bytes, ...]]:
        found = await super().read_back(numbers)
        if self._lies == 0:
            return found
        self._lies -= 1
        return {which: tuple(part[:-1] + b"!" for part in parts) for which, parts in found.items()}


async def test_a_database_that_lies_on_read_back_gets_no_proof(world: World) -> None:
    await world.meldinger(1)
    store = LyingStore(world.disk, lies=10**6)
    await world.until(lambda: (Finding.READ_BACK_DIFFERS, FIRST) in world.disk.findings, world.worker(store))
    assert world.delivery.proofs == {}
    assert (await store.find(FIRST)).state is State.ON_ITS_WAY


async def test_bytes_that_were_lost_on_disk_are_fetched_again_and_then_proven(world: World) -> None:
    await world.meldinger(1)
    await world.until(lambda: world.is_settled(1), world.worker(LyingStore(world.disk, lies=1)))
    assert await world.store.findings() == []
    assert len(world.delivery.proofs[FIRST, "stored"]) == 1


class Killed(Exception):
    """The process ends here."""


class KilledOnce:
    """Around a store, keystore or stub: ends the process once, before or after one method's effect."""

    def __init__(self, inner: Any, method: str, *, is_after: bool) -> None:
        self._inner = inner
        self._method = method
        self._is_after = is_after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._around(found) if name == self._method else found

    def _around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if not self._is_after:
                raise Killed
            result = method(*arguments, **options)
            return self._then_end(result) if isinstance(result, Awaitable) else self._ending_stream(result)

        return call

    async def _then_end(self, result: Awaitable[Any]) -> Any:
        await result
        raise Killed

    def _ending_stream(self, call: Any) -> Any:
        raise Killed


STEPS = [
    ("store", "remember_heads"),
    ("delivery", "FetchMelding"),
    ("store", "commit_bytes"),
    ("store", "read_back"),
    ("keystore", "sign"),
    ("store", "keep_proofs"),
    ("delivery", "ConfirmStored"),
    ("store", "acknowledge"),
]


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("part", "method"), STEPS, ids=str)
async def test_a_kill_between_any_two_effects_loses_and_doubles_nothing(
    world: World, part: str, method: str, is_after: bool
) -> None:
    meldinger = await world.meldinger(1, 2)
    inner = {"store": world.store, "keystore": world.centre.keystore, "delivery": world.delivery}[part]
    replaced: dict[str, Any] = {part: KilledOnce(inner, method, is_after=is_after)}
    killed = world.worker(**replaced)
    with pytest.raises(ExceptionGroup) as ended:
        await world.until(lambda: False, killed)
    assert ended.group_contains(Killed)

    await world.until(lambda: world.is_settled(1, 2))

    listed = await world.store.inbox(9)
    assert [each.arrival.which.number for each in listed] == [2, 1]
    for melding in meldinger:
        assert await world.store.sealed_parts(melding.which) == melding.sealed
        assert world.delivery.proof(melding.which, "stored").digest == melding.receipt.digest
