"""Sends signed proofs to delivery until it has acknowledged them, in order of number.

One that is refused waits alone and longer each time; while delivery is away all wait together.
"""

import asyncio
from datetime import timedelta

from libs.errors import DigestMismatch, NotFound, SamvernError, StatementRefused, Unavailable
from libs.loops.repeat import Loop, repeat
from libs.statements.payloads import ProofKind
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import DueProof
from services.delivery_node.surroundings import FALLBACK_SECONDS, Surroundings

BATCH = 32


class Sender:
    """The loop."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here
        self._sent = here.telemetry.counter("node_proofs_sent_total", "Proofs sent, by outcome.", ("outcome",))

    async def run(self) -> None:
        """Goes on until cancelled."""
        async with asyncio.TaskGroup() as alarms:

            async def step() -> bool:
                return await self._send_some(alarms)

            loop = Loop("send_proofs", step, FALLBACK_SECONDS, self._here.to_send)
            await repeat(loop, self._here.rng, self._here.telemetry)

    async def _send_some(self, alarms: asyncio.TaskGroup) -> bool:
        """Whether there may be more at once. Raises Unavailable when delivery is away, what was sent being kept."""
        due = await self._here.store.due_sendings(self._here.clock.now(), BATCH)
        acknowledged: list[tuple[MeldingNumber, ProofKind]] = []
        away: Unavailable | None = None
        for each in due:
            try:
                await self._send(each)
            except Unavailable as error:
                away = error
                break
            except SamvernError as error:
                await self._postpone(each, error, alarms)
            else:
                acknowledged.append((each.arrival.which, each.kind))
        if acknowledged:
            await self._here.store.acknowledge(acknowledged, self._here.clock.now())
            self._sent.labels("acknowledged").inc(len(acknowledged))
        if away is not None:
            raise away
        return len(due) == BATCH

    async def _send(self, due: DueProof) -> None:
        arrival = due.arrival
        with self._here.telemetry.span("node.send_proof", parent=arrival.traceparent) as span:
            span.set(melding_id=str(arrival.melding_id), kind=due.kind)
            await self._here.centre.send_proof(due)

    async def _postpone(self, due: DueProof, error: SamvernError, alarms: asyncio.TaskGroup) -> None:
        which = due.arrival.which
        delay = self._here.delay_seconds(due.attempts)
        self._sent.labels(error.reason_name).inc()
        self._here.telemetry.log.failure(
            "proof_not_taken", error, level="warning", epoch=which.epoch, number=which.number, kind=due.kind
        )
        now = self._here.clock.now()
        await self._here.store.postpone_sending(which, due.kind, now + timedelta(seconds=delay))
        if isinstance(error, DigestMismatch | NotFound | StatementRefused):
            await self._here.store.note(Finding.PROOF_REFUSED, which, now)
        alarms.create_task(self._here.ring_after(self._here.to_send, delay))
