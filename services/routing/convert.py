"""From the wire to values and back; refuses what is malformed."""

import re

from libs.errors import Malformed
from libs.routing.resolve import Outcome, Resolution
from libs.values import Bydelsnummer, Kommunenummer, Place
from samvern.routing.v1 import routing_pb2 as pb
from samvern.types.v1 import types_pb2

_OUTCOMES = {
    Outcome.CONNECTED: pb.ResolvePlaceResponse.OUTCOME_CONNECTED,
    Outcome.NOT_CONNECTED: pb.ResolvePlaceResponse.OUTCOME_NOT_CONNECTED,
    Outcome.CHOOSE_KOMMUNE: pb.ResolvePlaceResponse.OUTCOME_CHOOSE_KOMMUNE,
    Outcome.CHOOSE_BYDEL: pb.ResolvePlaceResponse.OUTCOME_CHOOSE_BYDEL,
}


def known(request: pb.ResolvePlaceRequest) -> tuple[Kommunenummer | None, Bydelsnummer | None, str | None]:
    """What the reporter knows; raises Malformed."""
    if request.postnummer and re.fullmatch(r"[0-9]{4}", request.postnummer, re.ASCII) is None:
        raise Malformed("got a postnummer that is not four digits")
    return (
        Kommunenummer.parse(request.kommunenummer) if request.kommunenummer else None,
        Bydelsnummer.parse(request.bydelsnummer) if request.bydelsnummer else None,
        request.postnummer or None,
    )


def place(message: types_pb2.Place) -> Place:
    """The place; raises Malformed."""
    return Place.parse(message.kommunenummer, message.bydelsnummer)


def resolved(resolution: Resolution) -> pb.ResolvePlaceResponse:
    """The answer."""
    return pb.ResolvePlaceResponse(
        outcome=_OUTCOMES[resolution.outcome],
        place=_message(resolution.place) if resolution.place is not None else None,
        tjeneste_id=str(resolution.tjeneste_id or ""),
        candidates=[str(each) for each in resolution.candidates],
    )


def _message(value: Place) -> types_pb2.Place:
    return types_pb2.Place(kommunenummer=str(value.kommune), bydelsnummer=str(value.bydel))
