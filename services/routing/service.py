"""The gRPC surface of routing: it answers from memory alone."""

from typing import Any

from grpc.aio import ServicerContext

from libs.errors import NotConnected, NotFound
from libs.routing.resolve import Outcome, Resolution, resolve
from libs.values import Place
from libs.world import Clock
from samvern.routing.v1 import routing_pb2 as pb
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceServicer
from services.routing import convert
from services.routing.shelf import Shelf

NAME = "samvern.routing.v1.RoutingService"

Context = ServicerContext[Any, Any]


class RoutingService(RoutingServiceServicer):
    """Looks up in what the worker keeps fresh."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    async def ResolvePlace(self, request: pb.ResolvePlaceRequest, context: Context) -> pb.ResolvePlaceResponse:
        """See the .proto."""
        kommune, bydel, postnummer = convert.known(request)
        return convert.resolved(resolve(self._shelf.book, kommune, bydel, postnummer))

    async def GetLabel(self, request: pb.GetLabelRequest, context: Context) -> pb.GetLabelResponse:
        """See the .proto."""
        asked = convert.place(request.place)
        place = _receiving(resolve(self._shelf.book, asked.kommune, asked.bydel), asked)
        return pb.GetLabelResponse(label=self._shelf.label(place, self._clock.now()))

    async def ListLabels(self, request: pb.ListLabelsRequest, context: Context) -> pb.ListLabelsResponse:
        """See the .proto."""
        after = convert.place(request.after) if request.HasField("after") else None
        return pb.ListLabelsResponse(labels=self._shelf.page(after, self._clock.now()))


def _receiving(resolution: Resolution, asked: Place) -> Place:
    if resolution.outcome is Outcome.NOT_CONNECTED:
        raise NotConnected(f"no barnevernstjeneste is connected for {asked}")
    if resolution.outcome is not Outcome.CONNECTED or resolution.place is None:
        raise NotFound(f"{asked} is not one place: {resolution.outcome.value}")
    return resolution.place
