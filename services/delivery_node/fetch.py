"""Fetches the sealed bytes of what has a head: a few at a time, in order of arrival, none waiting for a poisonous one.

A melding whose bytes cannot be had waits longer each time, alone; when delivery is heard again all are due at once.
"""

import asyncio
from datetime import timedelta

from libs.errors import DigestMismatch, SamvernError, SealMalformed
from libs.loops.repeat import Loop, repeat
from services.delivery_node.counting import Finding
from services.delivery_node.domain import Arrival, MeldingNumber, check_bytes
from services.delivery_node.store.contract import DueFetch
from services.delivery_node.surroundings import FALLBACK_SECONDS, Surroundings

LANES = 4
"""Downloads at once: bounds memory to LANES times 5 MB, and lets three stall without stopping the fourth."""


class Fetcher:
    """The loop that fills the lanes."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here
        self._fetches = here.telemetry.counter("node_fetches_total", "Downloads, by outcome.", ("outcome",))
        self._in_flight: dict[MeldingNumber, None] = {}

    async def run(self) -> None:
        """Goes on until cancelled."""
        async with asyncio.TaskGroup() as lanes:

            async def step() -> bool:
                return await self._fill(lanes)

            loop = Loop("fetch", step, FALLBACK_SECONDS, self._here.to_fetch)
            await repeat(loop, self._here.rng, self._here.telemetry)

    async def _fill(self, lanes: asyncio.TaskGroup) -> bool:
        """Every free lane has work, if there is any. A lane that becomes free rings."""
        asked_while = dict(self._in_flight)  # One of these may be committed after the list was read, and not be due.
        due = await self._here.store.due_fetches(self._here.clock.now(), LANES + len(asked_while))
        waiting = [each for each in due if each.arrival.which not in asked_while]
        for each in waiting[: LANES - len(self._in_flight)]:
            self._in_flight[each.arrival.which] = None
            lanes.create_task(self._fetch(each))
        return False

    async def _fetch(self, due: DueFetch) -> None:
        arrival = due.arrival
        delay = 0.0
        try:
            with self._here.telemetry.span("node.store", parent=arrival.traceparent) as span:
                span.set(melding_id=str(arrival.melding_id), size_bytes=arrival.size_bytes)
                await self._commit(arrival)
        except SamvernError as error:
            delay = await self._postpone(due, error)
        finally:
            self._in_flight.pop(arrival.which)
            self._here.to_fetch.ring()
        if delay:
            await self._here.ring_after(self._here.to_fetch, delay)

    async def _commit(self, arrival: Arrival) -> None:
        sealed = await self._here.centre.fetch(arrival)
        check_bytes(arrival, sealed, self._here.receiver)
        await self._here.store.commit_bytes(arrival.which, sealed, self._here.clock.now())
        self._fetches.labels("committed").inc()
        self._here.to_prove.ring()

    async def _postpone(self, due: DueFetch, error: SamvernError) -> float:
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
        return delay
