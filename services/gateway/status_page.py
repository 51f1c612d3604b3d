"""What the status page says, from intake's answer. static/js/status.js does the same in a browser."""

from dataclasses import dataclass
from typing import Any

from libs.statements.payloads import Receipt, moment
from services.gateway.norwegian import long_moment
from services.gateway.upstream import Status

ALWAYS_SHOWN = ("accepted", "stored", "opened")
"""Steps that every melding takes; the others are shown when they have been taken."""


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One line of the list."""

    name: str
    title: str
    text: str
    at: str
    """ "" when it has not been taken."""
    is_signed: bool


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The page's values."""

    reference: str
    tjeneste: str
    copies: int
    steps: tuple[ShownStep, ...]
    code: str
    """The secret, for the refresh button."""


def status_page(status: Status, receipt: Receipt, texts: dict[str, Any], code: str) -> StatusPage:
    """The values; of a step taken twice the first time counts."""
    taken = {step.step: step for step in reversed(status.steps)}
    steps = []
    for name, (title, text) in texts["status"]["steg"].items():
        step = taken.get(name)
        if step is not None:
            steps.append(ShownStep(name, title, text, long_moment(moment(step.at)), step.proof is not None))
        elif name in ALWAYS_SHOWN:
            steps.append(ShownStep(name, title, text, "", is_signed=False))
    return StatusPage(receipt.reference, receipt.tjeneste.navn, status.copies, tuple(steps), code)
