"""Routing for its neighbours' tests: the service itself over a snapshot and labels that the test gives, with a switch
to fail. What it answers is what the real one would."""

from collections.abc import Iterable

from libs.errors import SamvernError
from libs.routing.book import Book
from libs.statements import peek
from libs.statements.payloads import Label, decode
from libs.statements.snapshot import Snapshot
from libs.values import Place
from libs.world import Clock
from samvern.routing.v1 import routing_pb2 as pb
from services.routing.service import Context, RoutingService
from services.routing.shelf import Shelf, SignedLabel


class FakeRouting(RoutingService):
    """Register it as the servicer. Set `failure` to have every call raise it."""

    def __init__(self, clock: Clock) -> None:
        self._fakes_shelf = Shelf()
        super().__init__(self._fakes_shelf, clock)
        self.failure: SamvernError | None = None

    def publish(self, snapshot: Snapshot, labels: Iterable[str] = ()) -> None:
        """The snapshot is in use, and these labels (JWS compact) are at hand. Labels are not verified here."""
        self._fakes_shelf.turn_to(Book(snapshot))
        for statement in labels:
            label = decode(peek(statement), Label)
            place = Place.parse(label.kommune.nummer, label.bydel.nummer)
            self._fakes_shelf.put(place, SignedLabel(statement, label))

    async def ResolvePlace(self, request: pb.ResolvePlaceRequest, context: Context) -> pb.ResolvePlaceResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().ResolvePlace(request, context)

    async def GetLabel(self, request: pb.GetLabelRequest, context: Context) -> pb.GetLabelResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().GetLabel(request, context)

    async def ListLabels(self, request: pb.ListLabelsRequest, context: Context) -> pb.ListLabelsResponse:
        """As the real one."""
        self._fail_if_told()
        return await super().ListLabels(request, context)

    def _fail_if_told(self) -> None:
        if self.failure is not None:
            raise self.failure
