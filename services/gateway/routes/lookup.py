"""The native API's questions: labels, places and where a melding is."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler, get, post
from litestar.params import FromPath, QueryParameter

from libs.routing.resolve import Outcome
from libs.values import Place
from services.gateway.answers import NotConnectedHere
from services.gateway.contacts import contact_of
from services.gateway.labels import Labels
from services.gateway.limits import SMALL_BODY
from services.gateway.places import Match, Places
from services.gateway.reading import AnyRequest, Reader
from services.gateway.snapshot_cache import SnapshotCache
from services.gateway.texts import Texts
from services.gateway.upstream import Intake
from services.gateway.wire import WireLabel, WireStatus, WireStep, decode_question

SearchText = Annotated[str, QueryParameter(name="q", max_length=100)]


def lookup_routes(
    intake: Intake, labels: Labels, snapshot: SnapshotCache, reader: Reader, texts: Texts
) -> list[HTTPRouteHandler]:
    """The handlers."""

    @get("/api/native/v1/labels/{kommune:str}/{bydel:str}")
    async def get_label(kommune: FromPath[str], bydel: FromPath[str]) -> Response[bytes]:
        """The address label of a place; an old kommunenummer gives today's."""
        places = await snapshot.places()
        found = places.resolve(kommune, bydel)
        if found.outcome is not Outcome.CONNECTED or found.place is None:
            raise NotConnectedHere(_contact(places, found.place, texts))
        return _json(WireLabel((await labels.get(found.place)).statement))

    @get("/api/native/v1/places")
    async def search_places(q: SearchText = "") -> Response[bytes]:
        """Kommuner by name (all official languages), number of today or before, or postal code; best first."""
        places = await snapshot.places()
        return _json({"places": [_match(match) for match in places.search(q)]})

    @get("/api/native/v1/places/{kommune:str}")
    async def get_place(kommune: FromPath[str]) -> Response[bytes]:
        """Who receives for a kommune of today or before, and its bydeler where they decide."""
        places = await snapshot.places()
        return _json(_place(places, kommune, texts))

    @post("/api/native/v1/status", status_code=200)
    async def get_status(request: AnyRequest) -> Response[bytes]:
        """Where a melding is, for who holds the reporter's secret; all that is not found looks alike."""
        async with reader.body(request, SMALL_BODY, "application/json") as body:
            status = await intake.status(*decode_question(body))
        steps = [WireStep(step.step, step.at, step.proof) for step in status.steps]
        return _json(WireStatus(status.receipt, status.copies, steps))

    return [get_label, search_places, get_place, get_status]


def _match(match: Match) -> dict[str, str]:
    kommune = match.kommune
    found = {"kommunenummer": kommune.nummer, "navn": kommune.navn_offisielt, "fylke": kommune.fylke}
    reasons = {"former": match.former, "postal": match.postal}
    return found | {name: reason for name, reason in reasons.items() if reason}


def _place(places: Places, nummer: str, texts: Texts) -> dict[str, Any]:
    found = places.resolve(nummer, None)
    answer: dict[str, Any] = {"outcome": found.outcome.name}
    if found.place is None:
        return answer | {"candidates": [_match(Match(places.kommune(each))) for each in found.candidates]}
    answer |= _match(Match(places.kommune(found.place.kommune)))
    answer["contact"] = _contact(places, found.place, texts)
    if places.book.is_divided(found.place.kommune):
        bydeler = places.bydeler(found.place.kommune)
        answer["bydeler"] = [
            {
                "bydelsnummer": each.nummer,
                "navn": each.navn,
                "outcome": places.resolve(each.kommune, each.nummer).outcome.name,
            }
            for each in bydeler
        ]
    return answer


def _contact(places: Places, place: Place | None, texts: Texts) -> dict[str, object]:
    if place is None:
        return {"phones": [{"name": phone.name, "number": phone.number} for phone in texts.phones]}
    return contact_of(places, place, texts.phones).as_json()


def _json(value: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
