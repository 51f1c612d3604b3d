"""What happened to a melding at the node, and who did it: four different facts, never mixed (design 2, P3).

The law's clocks run from intake's commit and count days in Norway: one week to a conclusion (barnevernsloven § 2-1),
three weeks to the sender's answer, which the receipt states.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from libs.statements.payloads import ProofKind
from services.delivery_node.domain import Arrival, MeldingNumber

NORWAY = ZoneInfo("Europe/Oslo")
CONCLUSION_DAYS = 7

PROOF_ORDER: tuple[ProofKind, ...] = get_args(ProofKind)
"""In which order the proofs of one melding are sent: stored is first."""


def conclusion_due(received_at: datetime) -> date:
    """The day by which the tjeneste must have concluded."""
    return received_at.astimezone(NORWAY).date() + timedelta(days=CONCLUSION_DAYS)


class State(Enum):
    """Where a melding stands for the people of the inbox."""

    ON_ITS_WAY = "underveis"
    NEW = "ny"
    OPENED = "apnet"
    CONFIRMED = "bekreftet"


@dataclass(frozen=True, slots=True)
class Person:
    """A logged-in caseworker, by the provider's own id and by name."""

    subject: str
    name: str


Act = Literal["read", "pdf", "attachment", "export", "confirm", "unreadable"]
MAX_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """Who did what to a melding, when and why. Written before it happens, never changed."""

    id: str
    which: MeldingNumber
    at: datetime
    person: Person
    act: Act
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A melding as the inbox lists it: nothing of its content."""

    arrival: Arrival
    stored_at: datetime | None
    opened_at: datetime | None
    confirmed_at: datetime | None

    @property
    def state(self) -> State:
        """The furthest that happened."""
        if self.confirmed_at is not None:
            return State.CONFIRMED
        if self.opened_at is not None:
            return State.OPENED
        return State.ON_ITS_WAY if self.stored_at is None else State.NEW


@dataclass(frozen=True, slots=True)
class DueProof:
    """A proof that is to be signed (statement None) or to be sent."""

    arrival: Arrival
    kind: ProofKind
    fact_at: datetime
    statement: str | None = None
    attempts: int = 0
