"""Address labels: intake's stored one first, so that sending needs intake alone; a stale one is renewed if quick.

A stale label that is authentic is used: intake accepts it and flags it.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from libs.errors import NotConnected, NotFound, SamvernError, StatementRefused, Unavailable
from libs.statements import Root, Typ, verify
from libs.statements.payloads import Label, decode, moment
from libs.telemetry.telemetry import Telemetry
from libs.values import Place
from libs.world import Clock
from services.gateway.limits import FRESHER_LABEL_SECONDS
from services.gateway.upstream import Intake, Routing

ROUTING_AWAY_SECONDS = 30.0
"""After routing failed to answer, stale labels are used without asking it for so long."""


@dataclass(frozen=True, slots=True)
class VerifiedLabel:
    """A label as served, and what it says."""

    statement: str
    label: Label


class Labels:
    """Finds the label of a place."""

    def __init__(self, intake: Intake, routing: Routing, root: Root, clock: Clock, telemetry: Telemetry) -> None:
        self._intake = intake
        self._routing = routing
        self._root = root
        self._clock = clock
        self._telemetry = telemetry
        self._routing_away_until = 0.0

    async def get(self, place: Place) -> VerifiedLabel:
        """The freshest label at hand. Raises NotFound, NotConnected, Unavailable."""
        try:
            stored = self._verified(await self._intake.label(place), place)
        except (Unavailable, StatementRefused):
            return self._verified(await self._routing.label(place), place)
        if self._clock.now() < moment(stored.label.fresh_until):
            return stored
        return await self._fresher(place) or stored

    async def _fresher(self, place: Place) -> VerifiedLabel | None:
        if self._clock.monotonic() < self._routing_away_until:
            return None
        try:
            async with asyncio.timeout(FRESHER_LABEL_SECONDS):
                return self._verified(await self._routing.label(place), place)
        except (NotFound, NotConnected):
            # The directory has moved on; what was sealed to the old label is still delivered, so it stays usable.
            return None
        except (SamvernError, TimeoutError) as error:
            self._routing_away_until = self._clock.monotonic() + ROUTING_AWAY_SECONDS
            self._telemetry.log.failure("label_not_renewed", error, level="warning")
            return None

    def _verified(self, statement: str, place: Place) -> VerifiedLabel:
        now: datetime = self._clock.now()
        label = decode(verify(statement, Typ.LABEL, self._root), Label)
        if (label.kommune.nummer, label.bydel.nummer) != (str(place.kommune), str(place.bydel)):
            raise StatementRefused("the label is for another place")
        if now >= moment(label.accept_until):
            raise StatementRefused("the label is past accept_until")
        return VerifiedLabel(statement, label)
