"""What intake decides of a group of admitted meldinger while nobody else can number: new, repeat or conflict.

Numbers of a receiver and positions of all events come without gaps, in the order of the group (P6), and one
idempotency key never stands for two meldinger (P2). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from libs.values import Digest, MeldingId, Reference, TjenesteId
from services.intake.domain import Admitted, SenderKey

FIRST_EPOCH = 1
"""Epoch of a receiver's numbering when intake meets it first; a numbering restored from a backup begins the next."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An admitted melding with what was drawn for it before the transaction, so that a repeated one draws nothing."""

    admitted: Admitted
    reference: Reference
    salt: bytes
    """32 bytes: hides the melding in its commitment."""
    traceparent: str

    @property
    def key(self) -> SenderKey:
        """The sender's key."""
        return self.admitted.submission.key

    @property
    def melding_id(self) -> MeldingId:
        """The sender's id."""
        return self.admitted.submission.melding_id

    @property
    def digest(self) -> Digest:
        """The digest, proven to be that of the parts."""
        return self.admitted.submission.digest


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of an accepted melding for ever: its digest and the very bytes of its receipt."""

    digest: Digest
    receipt: str


@dataclass(frozen=True, slots=True)
class Counter:
    """A receiver's numbering."""

    epoch: int
    last_number: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the store of a group's keys, ids, references and receivers, while nobody else can number."""

    last_position: int
    counters: Mapping[TjenesteId, Counter] = field(default_factory=dict)
    by_key: Mapping[SenderKey, Known] = field(default_factory=dict)
    melding_ids: frozenset[MeldingId] = frozenset()
    references: frozenset[Reference] = frozenset()


@dataclass(frozen=True, slots=True)
class New:
    """Accepted, with its number in its receiver's epoch and its position among all events."""

    candidate: Candidate
    epoch: int
    number: int
    position: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same melding again: it gets the receipt it had."""

    receipt: str


@dataclass(frozen=True, slots=True)
class RepeatOf:
    """The same melding as one that is new in this very group: it gets that one's receipt."""

    new: New


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key or an id that already stands for another melding; `detail` says which."""

    detail: str


Verdict = New | Repeat | RepeatOf | Conflict


class ReferenceTaken(Exception):
    """A drawn reference is in use already. Draw again; nobody did wrong."""


def judge(standing: Standing, group: Sequence[Candidate]) -> list[Verdict]:
    """A verdict for each of the group, in its order. Raises ReferenceTaken."""
    ledger = _Ledger(standing)
    return [ledger.judge(candidate) for candidate in group]


class _Ledger:
    """What stands in the store and what is new in the group so far."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._position = standing.last_position
        self._counters = dict(standing.counters)
        self._new: dict[SenderKey, New] = {}
        self._melding_ids = set(standing.melding_ids)
        self._references = set(standing.references)

    def judge(self, candidate: Candidate) -> Verdict:
        if (known := self._standing.by_key.get(candidate.key)) is not None:
            return Repeat(known.receipt) if known.digest == candidate.digest else _OTHER_BYTES
        if (new := self._new.get(candidate.key)) is not None:
            return RepeatOf(new) if new.candidate.digest == candidate.digest else _OTHER_BYTES
        if candidate.melding_id in self._melding_ids:
            return Conflict("this melding id was accepted under another idempotency key")
        if candidate.reference in self._references:
            raise ReferenceTaken
        return self._accept(candidate)

    def _accept(self, candidate: Candidate) -> New:
        receiver = candidate.admitted.receiver
        before = self._counters.get(receiver, Counter(FIRST_EPOCH, 0))
        counter = self._counters[receiver] = Counter(before.epoch, before.last_number + 1)
        self._position += 1
        self._melding_ids.add(candidate.melding_id)
        self._references.add(candidate.reference)
        new = self._new[candidate.key] = New(candidate, counter.epoch, counter.last_number, self._position)
        return new


_OTHER_BYTES = Conflict("this idempotency key was used for a melding with another digest")
