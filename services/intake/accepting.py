"""Accepts a group of meldinger in one transaction: numbers, signed receipts, rows and events, or nothing of it."""

from collections.abc import Sequence
from datetime import datetime

from libs.commitments import SALT_BYTES
from libs.errors import Internal, KeyConflict
from libs.statements import SigningKey, Typ, sign
from libs.telemetry.telemetry import Telemetry
from libs.values import Reference
from libs.values.reference import RANDOM_BYTES
from libs.world import Clock, Ids
from services.intake.domain import Admitted
from services.intake.numbering import Candidate, Conflict, New, ReferenceTaken, Repeat, Standing, judge
from services.intake.receipt import Durability, receipt_of
from services.intake.receipt_key import ReceiptKey
from services.intake.store.contract import Accepted, AcceptStore, Decision

MAX_DRAWS = 8
"""Of references: a draw fails once in a million at most, so eight in a row are a mistake of ours."""


class Acceptor:
    """Knows how a group becomes durable; keeps nothing itself."""

    def __init__(
        self,
        store: AcceptStore,
        key: ReceiptKey,
        durability: Durability,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._key = key
        self._durability = durability
        self._clock = clock
        self._ids = ids
        self._meldinger = telemetry.counter("intake_meldinger_total", "Meldinger judged, by outcome.", ("outcome",))

    def check_ready(self) -> None:
        """Raises Unavailable while no receipt could be signed."""
        self._key.signing()

    def draw(self, admitted: Admitted, traceparent: str) -> Candidate:
        """The melding with a reference and a salt of its own."""
        reference = Reference.from_random(self._ids.token(RANDOM_BYTES))
        return Candidate(admitted, reference, self._ids.token(SALT_BYTES), traceparent)

    async def accept(self, group: Sequence[Candidate]) -> list[str | KeyConflict]:
        """The receipt of each, durable, in the order of the group; KeyConflict for one whose key or id is taken.

        Raises Unavailable (nothing was accepted), OutcomeUnknown (perhaps all was), and whatever the database or a
        row's own data caused (nothing was accepted).
        """
        for _ in range(MAX_DRAWS):
            try:
                decision = await self._transact(group)
            except ReferenceTaken:
                group = [self.draw(each.admitted, each.traceparent) for each in group]
            else:
                self._count(decision)
                return _answers(decision)
        raise Internal(f"{MAX_DRAWS} draws of references in a row met one that is taken")

    async def _transact(self, group: Sequence[Candidate]) -> Decision:
        received_at = self._clock.now().replace(microsecond=0)
        key = self._key.signing()

        async def decide(standing: Standing) -> Decision:
            verdicts = judge(standing, group)
            new = [verdict for verdict in verdicts if isinstance(verdict, New)]
            return Decision(tuple(verdicts), tuple([await self._with_receipt(key, each, received_at) for each in new]))

        return await self._store.accept(group, decide)

    async def _with_receipt(self, key: SigningKey, new: New, received_at: datetime) -> Accepted:
        receipt = receipt_of(new, received_at, self._durability)
        return Accepted(new, await sign(key, Typ.RECEIPT, receipt.encode()), received_at)

    def _count(self, decision: Decision) -> None:
        for verdict in decision.verdicts:
            match verdict:
                case New():
                    self._meldinger.labels("accepted").inc()
                case Conflict():
                    self._meldinger.labels("conflict").inc()
                case _:
                    self._meldinger.labels("repeated").inc()


def _answers(decision: Decision) -> list[str | KeyConflict]:
    receipts = {each.new.position: each.receipt for each in decision.accepted}
    answers: list[str | KeyConflict] = []
    for verdict in decision.verdicts:
        match verdict:
            case New():
                answers.append(receipts[verdict.position])
            case Repeat():
                answers.append(verdict.receipt)
            case Conflict():
                answers.append(KeyConflict(verdict.detail))
            case _:
                answers.append(receipts[verdict.new.position])
    return answers
