"""The gRPC surface of the directory: check, store, answer."""

from typing import Any

from grpc.aio import ServicerContext

from libs.errors import NotFound
from libs.routing.book import Book
from libs.statements.payloads import decode
from libs.statements.snapshot import Snapshot
from libs.values import WHOLE_KOMMUNE, Bydelsnummer, Kommunenummer, Place
from libs.world import Clock
from samvern.directory.v1 import directory_pb2 as pb
from samvern.directory.v1.directory_pb2_grpc import DirectoryServiceServicer
from services.directory import convert
from services.directory.clients import AuditClient
from services.directory.domain import Connected, Tjeneste, changed, check
from services.directory.publisher import Publisher
from services.directory.store import Store

NAME = "samvern.directory.v1.DirectoryService"

Context = ServicerContext[Any, Any]


class DirectoryService(DirectoryServiceServicer):
    """What the centre and its operator see of the directory."""

    def __init__(self, store: Store, publisher: Publisher, audit: AuditClient, clock: Clock) -> None:
        self._store = store
        self._publisher = publisher
        self._audit = audit
        self._clock = clock

    async def GetSnapshot(self, request: pb.GetSnapshotRequest, context: Context) -> pb.GetSnapshotResponse:
        """See the .proto."""
        return pb.GetSnapshotResponse(snapshot=await self._store.newest_statement(request.known_version))

    async def ImportTjenester(self, request: pb.ImportTjenesterRequest, context: Context) -> pb.ImportTjenesterResponse:
        """See the .proto. All is decided before the key log hears of it, and once more where it is stored."""
        wanted = convert.tjenester(request)
        known = {Kommunenummer(kommune.nummer): kommune for kommune in (await self._newest()).kommuner}
        now = self._clock.now()

        def decide(connected: Connected) -> list[Tjeneste]:
            differing = changed(connected, wanted)
            for tjeneste in differing:
                check(tjeneste, known, now)
            return differing

        connected = await self._store.load_connected()
        indices = {
            tjeneste.certificate.key_id: await self._audit.append_key_entry(tjeneste)
            for tjeneste in decide(connected)
            if tjeneste.certificate.key_id not in connected.certificates
        }
        count = await self._store.save_tjenester(decide, indices, now)
        return pb.ImportTjenesterResponse(snapshot_version=await self._publisher.publish(), changed=count)

    async def GetPlace(self, request: pb.GetPlaceRequest, context: Context) -> pb.GetPlaceResponse:
        """See the .proto."""
        asked = convert.place(request.place)
        book = Book(await self._newest())
        place = Place(_today(book, asked.kommune), asked.bydel)
        kommune, bydel = book.kommune(place.kommune), book.bydel(place)
        assert kommune is not None, "a number of today was just found in the same book"
        tjeneste = book.tjeneste(place) or book.tjeneste(Place(place.kommune, Bydelsnummer(WHOLE_KOMMUNE)))
        return pb.GetPlaceResponse(
            kommunenummer=kommune.nummer,
            navn=kommune.navn_offisielt,
            fylke=kommune.fylke,
            bydelsnavn=bydel.navn if bydel is not None else None,
            tjeneste=convert.tjeneste_message(tjeneste) if tjeneste is not None else None,
        )

    async def _newest(self) -> Snapshot:
        """What the directory knows, published or not."""
        return decode((await self._store.newest_snapshot()).payload, Snapshot)


def _today(book: Book, kommune: Kommunenummer) -> Kommunenummer:
    today = book.naavaerende(kommune)
    if not today:
        raise NotFound(f"{kommune} is not the number of a kommune, neither today nor before")
    if len(today) > 1:
        raise NotFound(f"{kommune} was split; today it is one of {', '.join(map(str, today))}")
    return today[0]
