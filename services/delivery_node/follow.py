"""Follows the heads that delivery offers: verifies each, stores it, compares counts with intake's signed heads.

A stream while streams work, long polls where they do not. A head that does not hold is noted and passed over; as its
number stays missing, it is asked for again whenever the stream is opened anew, at the latest after STREAM_SECONDS.
"""

from collections.abc import Sequence

from libs.errors import DigestMismatch, LeaseLost, Malformed, SamvernError, StatementRefused, Unavailable
from libs.loops.repeat import Loop, repeat
from libs.statements import Typ, verify_as
from libs.statements.payloads import Receipt, SequenceHead
from services.delivery_node.convert import Heartbeat, Offer, OfferedSequenceHead, Unreadable
from services.delivery_node.counting import Finding, HeadNews, compare_heads, cursor
from services.delivery_node.domain import Arrival, Head, MeldingNumber, arrival_of
from services.delivery_node.surroundings import Surroundings

STREAM_SECONDS = 600.0
"""A stream older than this is opened anew, so that holes are asked for again."""
STREAM_FAILURES = 3
"""After so many streams that broke before anything came, the network is taken to break streams."""
POLLS_BEFORE_STREAM = 20
"""After so many long polls a stream is tried again."""
SPACING_SECONDS = 1.0
"""Between the end of one stream and the next."""
LEASE_PAUSE_SECONDS = 30.0
"""Another process of this node has the stream; two shall not take it from each other all the time."""

NOTHING = MeldingNumber(0, 0)
_REFUSALS = (StatementRefused, DigestMismatch, Malformed)


class Follower:
    """The loop."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here
        self._heads = here.telemetry.counter("node_heads_total", "Heads offered by delivery, by outcome.", ("outcome",))
        self._missing = here.telemetry.gauge("node_missing_numbers", "Numbers that intake knows of and the node not.")
        self._stream_failures = 0
        """That broke in a row before anything came; polls that fail too say nothing against streams."""
        self._has_heard = False

    async def run(self) -> None:
        """Goes on until cancelled."""
        loop = Loop("follow", self._follow, 0.0, spacing_seconds=SPACING_SECONDS)
        await repeat(loop, self._here.rng, self._here.telemetry)

    async def _follow(self) -> bool:
        """One stream, or a row of polls, from the cursor to its end. Raises when it ended before anything came."""
        is_polling = self._stream_failures >= STREAM_FAILURES
        self._has_heard = False
        try:
            await (self._poll() if is_polling else self._stream())
        except SamvernError as error:
            self._stream_failures = 0 if self._has_heard or is_polling else self._stream_failures + 1
            if isinstance(error, LeaseLost):
                raise LeaseLost(error.detail, retry_after_seconds=LEASE_PAUSE_SECONDS) from error
            if not self._has_heard:
                raise
            self._here.telemetry.log.failure("following_broke", error, level="warning")
        return False

    async def _stream(self) -> None:
        until = self._here.clock.monotonic() + STREAM_SECONDS
        with self._here.centre.stream_heads(await self._cursor()) as stream:
            while self._here.clock.monotonic() < until:
                offer = await stream.read()
                if offer is None:
                    raise Unavailable("delivery ended the stream of heads")
                await self._heard()
                await self._take([offer])

    async def _poll(self) -> None:
        for _ in range(POLLS_BEFORE_STREAM):
            offers = await self._here.centre.list_heads(await self._cursor())
            await self._heard()
            await self._take(offers)
        self._stream_failures = STREAM_FAILURES - 1

    async def _cursor(self) -> MeldingNumber:
        counts = await self._here.store.counts()
        missing = sum(count.missing for count in counts)
        self._missing.set(missing)
        if missing:
            self._here.telemetry.log.warning("numbers_missing", count=missing)
        return cursor(counts)

    async def _heard(self) -> None:
        if self._has_heard:
            return
        self._has_heard = True
        now = self._here.clock.now()
        await self._here.store.hurry_fetches(now)
        await self._here.store.hurry_sendings(now)
        self._here.to_fetch.ring()
        self._here.to_send.ring()

    async def _take(self, offers: Sequence[Offer]) -> None:
        arrivals = []
        for offer in offers:
            if isinstance(offer, Head):
                arrival = await self._arrival(offer)
                arrivals += [arrival] if arrival is not None else []
            elif isinstance(offer, OfferedSequenceHead):
                await self._take_sequence_head(offer.statement)
            elif isinstance(offer, Unreadable):
                await self._note(Finding.HEAD_REFUSED, NOTHING)
            else:
                assert isinstance(offer, Heartbeat)
        if arrivals:
            await self._remember(arrivals)

    async def _arrival(self, head: Head) -> Arrival | None:
        try:
            receipt = verify_as(head.receipt, Typ.RECEIPT, self._here.root, Receipt, lambda said: said.received_at)
            return arrival_of(head, receipt, self._here.receiver)
        except _REFUSALS as error:
            self._heads.labels("refused").inc()
            await self._note(Finding.HEAD_REFUSED, head.which, error)
            return None

    async def _remember(self, arrivals: Sequence[Arrival]) -> None:
        with self._here.telemetry.span("node.remember_heads", links=[each.traceparent for each in arrivals]):
            conflicts = await self._here.store.remember_heads(arrivals, self._here.clock.now())
        self._heads.labels("remembered").inc(len(arrivals) - len(conflicts))
        for which in conflicts:
            self._heads.labels("conflict").inc()
            await self._note(Finding.HEAD_CONFLICT, which)
        self._here.to_fetch.ring()

    async def _take_sequence_head(self, statement: str) -> None:
        try:
            head = verify_as(statement, Typ.SEQUENCE_HEAD, self._here.root, SequenceHead, lambda said: said.at)
            if head.receiver != str(self._here.receiver) or head.epoch < 1 or head.last_number < 0:
                raise StatementRefused("the sequence head is of another receiver, or counts below nothing")
        except _REFUSALS as error:
            await self._note(Finding.SEQUENCE_HEAD_REFUSED, NOTHING, error)
            return
        news = compare_heads(await self._here.store.sequence_head(head.epoch), head)
        if news is HeadNews.WENT_BACK:
            await self._note(Finding.SEQUENCE_HEAD_WENT_BACK, MeldingNumber(head.epoch, head.last_number))
        elif news is HeadNews.NEW:
            await self._here.store.keep_sequence_head(head, statement, self._here.clock.now())
            await self._cursor()

    async def _note(self, finding: Finding, which: MeldingNumber, error: SamvernError | None = None) -> None:
        await self._here.store.note(finding, which, self._here.clock.now())
        detail = error.detail if error is not None else None
        self._here.telemetry.log.error(finding.value, epoch=which.epoch, number=which.number, detail=detail)
