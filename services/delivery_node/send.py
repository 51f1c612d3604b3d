"""Sends signed proofs to delivery until it has acknowledged them, in order of number.

One that is refused waits alone and longer each time; while delivery is away all wait together.
"""

from collections.abc import Iterator
from datetime import timedelta

from libs.errors import DigestMismatch, NotFound, SamvernError, StatementRefused, Unavailable
from libs.rpc.backoff import backoff
from libs.statements.payloads import ProofKind
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import DueProof
from services.delivery_node.surroundings import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, Surroundings
from services.delivery_node.wake import FALLBACK_SECONDS

BATCH = 32


class Sender:
    """The loop."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here
        self._sent = here.telemetry.counter("node_proofs_sent_total", "Proofs sent, by outcome.", ("outcome",))

    async def run(self) -> None:
        """Goes on until cancelled."""
        pauses: Iterator[float] | None = None
        while True:
            try:
                pause = await self._send_some()
                pauses = None
            except SamvernError as error:
                pauses = pauses or backoff(self._here.rng, FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS)
                pause = next(pauses)
                self._here.telemetry.log.failure("sending_broke", error, level="warning", delay_seconds=pause)
            await self._here.to_send.wait(pause)

    async def _send_some(self) -> float:
        """Seconds until there may be more. Raises Unavailable when delivery is away, what was sent being kept."""
        due = await self._here.store.due_sendings(self._here.clock.now(), BATCH)
        acknowledged: list[tuple[MeldingNumber, ProofKind]] = []
        pause = 0.0 if len(due) == BATCH else FALLBACK_SECONDS
        away: Unavailable | None = None
        for each in due:
            try:
                refused_for = await self._send(each)
                if refused_for is None:
                    acknowledged.append((each.arrival.which, each.kind))
                else:
                    pause = min(pause, refused_for)
            except Unavailable as error:
                away = error
                break
        if acknowledged:
            await self._here.store.acknowledge(acknowledged, self._here.clock.now())
            self._sent.labels("acknowledged").inc(len(acknowledged))
        if away is not None:
            raise away
        return pause

    async def _send(self, due: DueProof) -> float | None:
        """None once delivery has it; else how many seconds it waits before it is sent again."""
        arrival = due.arrival
        with self._here.telemetry.span("node.send_proof", parent=arrival.traceparent) as span:
            span.set(melding_id=str(arrival.melding_id), kind=due.kind)
            try:
                await self._here.centre.send_proof(due)
            except Unavailable:
                raise
            except SamvernError as error:
                return await self._postpone(due, error)
        return None

    async def _postpone(self, due: DueProof, error: SamvernError) -> float:
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
        return delay
