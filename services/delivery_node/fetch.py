"""Fetches the sealed bytes of what has a head: a few at a time, in order of arrival, none waiting for a poisonous one.

A melding whose bytes cannot be had waits longer each time, alone; when delivery is heard again all are due at once.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

from libs.errors import DigestMismatch, SamvernError, SealMalformed
from libs.rpc.backoff import backoff
from services.delivery_node.counting import Finding
from services.delivery_node.domain import Arrival, MeldingNumber, check_bytes
from services.delivery_node.store import DueFetch, FetchPlan
from services.delivery_node.surroundings import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, Surroundings
from services.delivery_node.wake import FALLBACK_SECONDS

LANES = 4
"""Downloads at once: bounds memory to LANES times 5 MB, and lets three stall without stopping the fourth."""


class Fetcher:
    """The loop."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here
        self._fetches = here.telemetry.counter(
            "node_fetches_total", "Downloads of sealed bytes, by outcome.", ("outcome",)
        )
        self._in_flight: dict[MeldingNumber, None] = {}

    async def run(self) -> None:
        """Goes on until cancelled."""
        pauses: Iterator[float] | None = None
        async with asyncio.TaskGroup() as lanes:
            while True:
                try:
                    plan = await self._here.store.fetch_plan(self._here.clock.now(), LANES + len(self._in_flight))
                except SamvernError as error:
                    pauses = pauses or backoff(self._here.rng, FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS)
                    self._here.telemetry.log.failure("fetching_broke", error, level="warning")
                    await asyncio.sleep(next(pauses))
                    continue
                pauses = None
                self._begin(plan, lanes)
                await self._here.to_fetch.wait(self._until_next(plan))

    def _begin(self, plan: FetchPlan, lanes: asyncio.TaskGroup) -> None:
        waiting = [each for each in plan.due if each.arrival.which not in self._in_flight]
        for due in waiting[: LANES - len(self._in_flight)]:
            self._in_flight[due.arrival.which] = None
            lanes.create_task(self._fetch(due))

    def _until_next(self, plan: FetchPlan) -> float:
        if plan.next_at is None:
            return FALLBACK_SECONDS
        seconds = (plan.next_at - self._here.clock.now()).total_seconds()
        return min(max(seconds, 0.1), FALLBACK_SECONDS)

    async def _fetch(self, due: DueFetch) -> None:
        arrival = due.arrival
        try:
            with self._here.telemetry.span("node.store", parent=arrival.traceparent) as span:
                span.set(melding_id=str(arrival.melding_id), size_bytes=arrival.size_bytes)
                await self._commit(arrival)
        except SamvernError as error:
            await self._postpone(due, error)
        finally:
            self._in_flight.pop(arrival.which)
            self._here.to_fetch.ring()

    async def _commit(self, arrival: Arrival) -> None:
        sealed = await self._here.centre.fetch(arrival)
        check_bytes(arrival, sealed, self._here.receiver)
        await self._here.store.commit_bytes(arrival.which, sealed, self._here.clock.now())
        self._fetches.labels("committed").inc()
        self._here.to_prove.ring()

    async def _postpone(self, due: DueFetch, error: SamvernError) -> None:
        which = due.arrival.which
        delay = self._here.delay_seconds(due.attempts)
        self._fetches.labels(error.reason_name).inc()
        self._here.telemetry.log.failure(
            "fetch_failed", error, level="warning", epoch=which.epoch, number=which.number, delay_seconds=delay
        )
        now = self._here.clock.now()
        try:
            await self._here.store.postpone_fetch(which, now + timedelta(seconds=delay))
            if isinstance(error, DigestMismatch | SealMalformed):
                await self._here.store.note(Finding.BYTES_REFUSED, which, now)
        except SamvernError as away:
            self._here.telemetry.log.failure("fetching_broke", away, level="warning")
            await asyncio.sleep(delay)
