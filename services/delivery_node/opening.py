"""Opens a melding for a person: the access entry is committed first, then the parts are unwrapped in memory, then the
melding is marked opened, then it is shown. Plaintext is never at rest here.

Whatever is wrong with a melding is said beside it and hides nothing else of it; a melding whose case part does not
open is not opened: no proof goes out, so the centre keeps its copy (design 2, P5).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from libs.errors import SealMalformed
from libs.keystore import Keystore
from libs.loops.bell import Bell
from libs.sealing.case import Case, open_case
from libs.sealing.documents import Document, DocumentRefused, validate
from libs.sealing.identity import PrivateReporter, open_identity
from libs.sealing.jwe import open_part
from libs.telemetry.telemetry import Telemetry
from libs.values import TjenesteId
from libs.world import Clock, Ids
from services.delivery_node.domain import CASE, IDENTITY, MeldingNumber
from services.delivery_node.facts import AccessEntry, Act, Listed, Person
from services.delivery_node.receiver_keys import ReceiverKeys
from services.delivery_node.store.contract import InboxStore


class Problem(Enum):
    """What is wrong with an opened melding, as its reader must know."""

    MISADDRESSED = "misaddressed"
    """Sealed to a key that this node does not have."""
    UNREADABLE = "unreadable"
    """The case part does not open, or holds no case."""
    OF_ANOTHER_MELDING = "of_another_melding"
    """The case inside says that it belongs to another melding."""
    DOCUMENT_UNKNOWN = "document_unknown"
    """The document inside is none of KS's; it is shown as text."""
    ANOTHER_TYPE = "another_type"
    """Private where a public reporter was announced, or the other way round."""
    ANOTHER_KOMMUNE = "another_kommune"
    """The document names another kommune than the melding was addressed to; perhaps only an old number."""
    IDENTITY_UNREADABLE = "identity_unreadable"
    """The reporter's identity, sealed apart, does not open."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A melding as a person may see it now."""

    listed: Listed
    person: Person
    reason: str
    opened_at: datetime
    case: Case | None
    """None: it could not be opened; `problems` says why."""
    document: Document | None
    """None: no case, or not a document that we know."""
    reporter: PrivateReporter | None
    """Who reports, sealed apart because the name shall be withheld; None also where it was not asked for."""
    problems: tuple[Problem, ...]


class Opener:
    """Opens."""

    def __init__(
        self,
        receiver: TjenesteId,
        store: InboxStore,
        keystore: Keystore,
        keys: ReceiverKeys,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
        to_prove: Bell,
    ) -> None:
        self._receiver = receiver
        self._store = store
        self._keystore = keystore
        self._keys = keys
        self._clock = clock
        self._ids = ids
        self._telemetry = telemetry
        self._to_prove = to_prove
        self._acts = telemetry.counter("node_acts_total", "What people did to meldinger.", ("act",))

    async def open(
        self, which: MeldingNumber, person: Person, reason: str, act: Act, *, with_identity: bool = False
    ) -> Opened:
        """The melding in the clear, this act of this person being on record. Raises NotFound, Unavailable."""
        listed = await self._store.find(which)
        sealed = await self._store.sealed_parts(which)
        await self._record(which, person, reason, act)
        with self._telemetry.span("node.open", parent=listed.arrival.traceparent) as span:
            span.set(melding_id=str(listed.arrival.melding_id), step=act)
            problems: list[Problem] = []
            case = await self._case(listed, sealed, problems)
            if case is None:
                await self._record(which, person, reason, "unreadable")
            else:
                await self._store.mark_opened(which, self._clock.now())
                self._to_prove.ring()
            document = _document(case, listed, problems)
            reporter = await self._reporter(listed, sealed, problems) if with_identity else None
        return Opened(listed, person, reason, self._clock.now(), case, document, reporter, tuple(problems))

    async def confirm(self, which: MeldingNumber, person: Person, reason: str) -> None:
        """The person vouches that the case system has it. Raises NotFound."""
        await self._store.confirm(self._entry(which, person, reason, "confirm"))
        self._acts.labels("confirm").inc()
        self._to_prove.ring()

    async def _record(self, which: MeldingNumber, person: Person, reason: str, act: Act) -> None:
        await self._store.log_access(self._entry(which, person, reason, act))
        self._acts.labels(act).inc()

    def _entry(self, which: MeldingNumber, person: Person, reason: str, act: Act) -> AccessEntry:
        return AccessEntry(str(self._ids.uuid4()), which, self._clock.now(), person, act, reason)

    async def _case(self, listed: Listed, sealed: tuple[bytes, ...], problems: list[Problem]) -> Case | None:
        plaintext = await self._plaintext(CASE, listed, sealed, problems, Problem.UNREADABLE)
        if plaintext is None:
            return None
        try:
            case = open_case(plaintext)
        except SealMalformed:
            problems.append(Problem.UNREADABLE)
            return None
        if case.manifest.melding_id != listed.arrival.melding_id:
            problems.append(Problem.OF_ANOTHER_MELDING)
        return case

    async def _reporter(
        self, listed: Listed, sealed: tuple[bytes, ...], problems: list[Problem]
    ) -> PrivateReporter | None:
        if IDENTITY not in [part.purpose for part in listed.arrival.parts]:
            return None
        plaintext = await self._plaintext(IDENTITY, listed, sealed, problems, Problem.IDENTITY_UNREADABLE)
        if plaintext is None:
            return None
        try:
            return open_identity(plaintext, listed.arrival.melding_id)
        except SealMalformed:
            problems.append(Problem.IDENTITY_UNREADABLE)
            return None

    async def _plaintext(
        self, purpose: str, listed: Listed, sealed: tuple[bytes, ...], problems: list[Problem], problem: Problem
    ) -> bytes | None:
        arrival = listed.arrival
        for part, raw in zip(arrival.parts, sealed, strict=True):
            if part.purpose != purpose:
                continue
            unwrapper = self._keys.unwrapper(self._keystore, part.key_id)
            if unwrapper is None:
                problems.append(Problem.MISADDRESSED)
                return None
            try:
                return await open_part(raw, unwrapper, part.key_id, arrival.melding_id, self._receiver, purpose)
            except SealMalformed:
                break
        problems.append(problem)
        return None


def _document(case: Case | None, listed: Listed, problems: list[Problem]) -> Document | None:
    if case is None:
        return None
    try:
        document = validate(case.document)
    except DocumentRefused:
        problems.append(Problem.DOCUMENT_UNKNOWN)
        return None
    if document.kind != listed.arrival.type:
        problems.append(Problem.ANOTHER_TYPE)
    if document.kommunenummer != listed.arrival.kommune.nummer:
        problems.append(Problem.ANOTHER_KOMMUNE)
    return document
