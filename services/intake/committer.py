"""Commits meldinger in groups: whatever waits while one transaction is under way shares the next one's fsync.

One bad melding cannot fail its neighbours: when a group fails for a reason that may lie in its rows, each half is tried
by itself, down to the one that is at fault. When the answer to a commit is lost, everybody in the group hears «repeat
with the same key». What waits is bounded in number and bytes; one more is told to come again.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from libs.errors import Internal, OutcomeUnknown, Overloaded, SamvernError, Unavailable
from libs.loops.bell import Bell
from libs.telemetry.telemetry import Telemetry
from services.intake.accepting import Acceptor
from services.intake.domain import Admitted
from services.intake.numbering import Candidate

MAX_WAITING = 512
MAX_WAITING_BYTES = 64 * 1024 * 1024
MAX_GROUP = 64
MAX_GROUP_BYTES = 8 * 1024 * 1024
"""A melding larger than what is left of this goes with the next group; the first of a group always fits."""
GATHER_SECONDS = 0.003
"""While several come at a time, the next group waits this long for more: each waits a little, and all save commits."""
RETRY_AFTER_SECONDS = 1.0


class _Waiting:
    """One melding in the queue, and what its sender will hear."""

    __slots__ = ("answer", "answered", "candidate", "is_given_up")

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.is_given_up = False
        self.answer: str | SamvernError | None = None
        self.answered = asyncio.Event()

    def end(self, answer: str | SamvernError) -> None:
        self.answer = answer
        self.answered.set()


class Committer:
    """Takes admitted meldinger and gives their receipts once they are durable. `run` does the work, in one task."""

    def __init__(self, acceptor: Acceptor, accepted: Bell, telemetry: Telemetry) -> None:
        self._acceptor = acceptor
        self._accepted = accepted
        self._telemetry = telemetry
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._come = asyncio.Event()
        self._groups = telemetry.counter("intake_groups_total", "Groups of meldinger tried, by outcome.", ("outcome",))

    async def submit(self, admitted: Admitted, traceparent: str) -> str:
        """The receipt of the melding, which is durable.

        Raises KeyConflict; Overloaded and Unavailable (it was not accepted); OutcomeUnknown (perhaps it was).
        """
        self._acceptor.check_ready()
        waiting = self._enqueue(admitted, traceparent)
        try:
            await waiting.answered.wait()
        except asyncio.CancelledError:
            waiting.is_given_up = True
            raise
        assert waiting.answer is not None, "end() sets the answer before the event"
        if isinstance(waiting.answer, SamvernError):
            raise waiting.answer
        return waiting.answer

    def _enqueue(self, admitted: Admitted, traceparent: str) -> _Waiting:
        if len(self._waiting) >= MAX_WAITING or self._waiting_bytes + admitted.size_bytes > MAX_WAITING_BYTES:
            raise Overloaded("too many meldinger at once", retry_after_seconds=RETRY_AFTER_SECONDS)
        waiting = _Waiting(self._acceptor.draw(admitted, traceparent))
        self._waiting.append(waiting)
        self._waiting_bytes += admitted.size_bytes
        self._come.set()
        return waiting

    async def run(self) -> None:
        """Commits group after group until cancelled."""
        while True:
            await self._come.wait()
            group = self._next_group()
            if group:
                await self._commit(group)
            if len(group) > 1:
                await asyncio.sleep(GATHER_SECONDS)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size_bytes = 0
        while self._waiting and len(group) < MAX_GROUP:
            size = self._waiting[0].candidate.admitted.size_bytes
            if group and size_bytes + size > MAX_GROUP_BYTES:
                break
            waiting = self._waiting.popleft()
            self._waiting_bytes -= size
            if not waiting.is_given_up:
                group.append(waiting)
                size_bytes += size
        if not self._waiting:
            self._come.clear()
        return group

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        try:
            answers: Sequence[str | SamvernError] = await self._acceptor.accept([each.candidate for each in group])
        except (OutcomeUnknown, Unavailable) as error:
            answers = [_for_everybody(error) for _ in group]
        except Exception as error:  # noqa: BLE001 - whatever one melding causes is its own, and nobody else's
            if len(group) > 1:
                self._groups.labels("split").inc()
                await self._commit(group[: len(group) // 2])
                await self._commit(group[len(group) // 2 :])
                return
            self._telemetry.log.failure("melding_not_written", error, melding_id=str(group[0].candidate.melding_id))
            answers = [Internal("the melding could not be written; nothing was accepted")]
        else:
            self._groups.labels("committed").inc()
            self._accepted.ring()
        for waiting, answer in zip(group, answers, strict=True):
            waiting.end(answer)


def _for_everybody(error: OutcomeUnknown | Unavailable) -> SamvernError:
    """An error of its own for each: an exception that is raised in two tasks mixes up their tracebacks."""
    if isinstance(error, OutcomeUnknown):
        return OutcomeUnknown("it is not known whether the melding was accepted; repeat with the same key")
    return Unavailable(error.detail, retry_after_seconds=error.retry_after_seconds or RETRY_AFTER_SECONDS)
