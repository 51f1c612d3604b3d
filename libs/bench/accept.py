"""`samvern bench accept`: rounds in which pgbench and the whole accept path take turns on one machine.

A1 compares throughput at 32 clients, L1 the latency of one client; a round's own figures are divided by each other, so
that a slow minute of the machine slows both. A melding counts when its receipt is verified. Nothing is told unless
every melding with a receipt is found once in intake and once in the node.
"""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from libs.bench.exchange import Answer, send_all
from libs.bench.failed import BenchFailed
from libs.bench.pgbench import PgBench
from libs.bench.prepared import prepare, receipt_in
from libs.bench.witness import Witness
from libs.sender.submission import Address
from libs.statements import Root
from libs.world import Clock, Ids

CLIENTS = 32
WARM_UP = 200
STORED_WITHIN_SECONDS = 300.0
LOOK_SECONDS = 0.25


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round measured."""

    pgbench_commits_per_s: float
    accepted_per_s: float
    A1: float
    pgbench_latency_ms: float
    receipt_p50_ms: float
    L1: float
    stored_per_s: float


class Spread(msgspec.Struct, frozen=True):
    """One figure over all rounds."""

    median: float
    min: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed."""

    A1: Spread
    """Durably accepted meldinger a second, by 32 clients to one receiver : pgbench's commits a second, 32 clients."""
    L1: Spread
    """Receipt p50 with one client : pgbench's latency with one client."""
    stored_per_s: float
    """Meldinger a second from the first submission to the last one proven stored; median."""
    rounds: list[Round]

    @classmethod
    def of(cls, rounds: Sequence[Round]) -> "Result":
        """The result of at least one round."""
        return cls(
            A1=Spread.of([each.A1 for each in rounds]),
            L1=Spread.of([each.L1 for each in rounds]),
            stored_per_s=statistics.median(each.stored_per_s for each in rounds),
            rounds=list(rounds),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured."""

    rounds: int
    seconds: int
    """Of pgbench, for each of its two runs in a round."""
    many: int
    """Meldinger of 32 clients in a round."""
    few: int
    """Meldinger of one client in a round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptBench:
    """Everything that is measured with."""

    host: str
    port: int
    address: Address
    root: Root
    pgbench: PgBench
    witness: Witness
    clock: Clock
    ids: Ids
    tell: Callable[[str], None]

    async def run(self, extent: Extent) -> Result:
        """The result. Raises BenchFailed."""
        await self.witness.check_durable()
        self.tell("warming up")
        await self._accept(WARM_UP, CLIENTS)
        rounds = []
        for number in range(1, extent.rounds + 1):
            rounds.append(await self._round(extent))
            last = rounds[-1]
            self.tell(
                f"round {number} of {extent.rounds}: A1 {last.A1:.3f} ({last.accepted_per_s:.0f} of"
                f" {last.pgbench_commits_per_s:.0f} a second), L1 {last.L1:.1f} ({last.receipt_p50_ms:.2f} of"
                f" {last.pgbench_latency_ms:.2f} ms), stored {last.stored_per_s:.0f} a second"
            )
        await self.witness.check_durable()
        return Result.of(rounds)

    async def _round(self, extent: Extent) -> Round:
        one = await self.pgbench.run(1, extent.seconds)
        alone = await self._accept(extent.few, 1)
        many = await self.pgbench.run(CLIENTS, extent.seconds)
        together = await self._accept(extent.many, CLIENTS)
        p50_seconds = statistics.median(answer.seconds for answer in alone.answers)
        return Round(
            pgbench_commits_per_s=many.per_second,
            accepted_per_s=together.per_second,
            A1=together.per_second / many.per_second,
            pgbench_latency_ms=one.latency_seconds * 1000,
            receipt_p50_ms=p50_seconds * 1000,
            L1=p50_seconds / one.latency_seconds,
            stored_per_s=together.stored_per_second,
        )

    async def _accept(self, count: int, clients: int) -> "_Accepted":
        prepared = prepare(self.address, count, self.ids, f"{self.host}:{self.port}")
        began_at = self.clock.now()
        requests = [each.request for each in prepared]
        answers, seconds = await send_all(self.host, self.port, requests, clients, self.clock)
        # The next figure is not measured before these have gone all the way: they would take its time.
        last_at = await self._until_stored([each.submission.melding_id.uuid for each in prepared])
        receipts = [receipt_in(answer, each, self.root) for answer, each in zip(answers, prepared, strict=True)]
        await self.witness.check_once_in_each(receipts)
        return _Accepted(answers, count / seconds, count / (last_at - began_at).total_seconds())

    async def _until_stored(self, melding_ids: Sequence[UUID]) -> datetime:
        until = self.clock.monotonic() + STORED_WITHIN_SECONDS
        while True:
            stored, last_at = await self.witness.stored(melding_ids)
            if stored == len(melding_ids) and last_at is not None:
                return last_at
            if self.clock.monotonic() > until:
                raise BenchFailed(
                    f"{len(melding_ids) - stored} of {len(melding_ids)} meldinger are not proven stored"
                    f" after {STORED_WITHIN_SECONDS:g} s"
                )
            await asyncio.sleep(LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class _Accepted:
    answers: Sequence[Answer]
    per_second: float
    stored_per_second: float
