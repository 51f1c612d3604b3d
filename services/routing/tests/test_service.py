"""The gRPC surface over a real server, and who may call it."""

from pathlib import Path
from typing import Any

import pytest
from grpc.aio import Server

from libs.errors import Malformed, NotConnected, NotFound, SamvernError, Unavailable
from libs.statements import Typ, verify
from libs.statements.payloads import Label, decode
from libs.testing.rpc import assert_access, serving
from samvern.routing.v1 import routing_pb2 as pb
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub, add_RoutingServiceServicer_to_server
from samvern.types.v1.types_pb2 import Place
from services.routing.access import ACCESS
from services.routing.fake import FakeRouting
from services.routing.service import NAME, RoutingService
from services.routing.tests.neighbours import World

Answer = pb.ResolvePlaceResponse


async def ask(world: World, **known: str) -> Answer:
    return await world.service.ResolvePlace(pb.ResolvePlaceRequest(**known), None)  # type: ignore[arg-type]


async def get(service: RoutingService, kommune: str, bydel: str) -> str:
    place = Place(kommunenummer=kommune, bydelsnummer=bydel)
    return (await service.GetLabel(pb.GetLabelRequest(place=place), None)).label  # type: ignore[arg-type]


@pytest.fixture
async def filled(world: World) -> World:
    await world.publish(world.small())
    await world.work()
    return world


async def test_access_is_as_the_table_says(world: World, tmp_path: Path) -> None:
    descriptor = pb.DESCRIPTOR.services_by_name["RoutingService"]

    def register(server: Server) -> None:
        add_RoutingServiceServicer_to_server(world.service, server)

    await assert_access(tmp_path, descriptor, ACCESS, register)


async def test_a_place_is_resolved(filled: World) -> None:
    assert await ask(filled, kommunenummer="1201") == Answer(
        outcome=Answer.OUTCOME_CONNECTED, place=Place(kommunenummer="4601", bydelsnummer="00"), tjeneste_id="bergen"
    )
    assert await ask(filled, kommunenummer="3103") == Answer(
        outcome=Answer.OUTCOME_NOT_CONNECTED, place=Place(kommunenummer="3103", bydelsnummer="00")
    )
    assert await ask(filled, postnummer="6899") == Answer(
        outcome=Answer.OUTCOME_CHOOSE_KOMMUNE, candidates=["4640", "4638"]
    )
    assert await ask(filled, kommunenummer="0301") == Answer(
        outcome=Answer.OUTCOME_CHOOSE_BYDEL, place=Place(kommunenummer="0301", bydelsnummer="00")
    )


@pytest.mark.parametrize("known", [{"kommunenummer": "46"}, {"bydelsnummer": "x"}, {"postnummer": "۵۰۰۳"}])
async def test_what_is_malformed_is_refused(filled: World, known: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        await ask(filled, **known)


async def test_a_label_is_given_for_the_place_that_receives(filled: World) -> None:
    for asked in (("4601", "00"), ("1201", "00"), ("4601", "01")):
        label = decode(verify(await get(filled.service, *asked), Typ.LABEL, filled.root), Label)
        assert (label.kommune.nummer, label.bydel.nummer, label.tjeneste.id) == ("4601", "00", "bergen")


@pytest.mark.parametrize(
    ("kommune", "bydel", "error"),
    [
        ("3103", "00", NotConnected),
        ("0301", "03", NotConnected),
        ("0301", "00", NotFound),
        ("1507", "00", NotFound),
        ("9998", "00", NotFound),
        ("", "", Malformed),
    ],
)
async def test_no_label_is_given_for_any_other(
    filled: World, kommune: str, bydel: str, error: type[SamvernError]
) -> None:
    with pytest.raises(error):
        await get(filled.service, kommune, bydel)


async def test_without_a_snapshot_the_answer_is_unavailable(world: World) -> None:
    with pytest.raises(Unavailable, match="no directory snapshot yet"):
        await ask(world, kommunenummer="4601")


async def test_the_fake_answers_as_the_real_one_and_fails_when_told(filled: World, tmp_path: Path) -> None:
    fake = FakeRouting(filled.clock)
    fake.publish(filled.small(), filled.shelf.page(None, filled.clock.now()))

    def register(server: Server) -> None:
        add_RoutingServiceServicer_to_server(fake, server)

    async with serving(tmp_path, access=ACCESS, register=register, services=[NAME]) as server:
        async with server.channel("service/gateway") as channel:
            stub: Any = RoutingServiceStub(channel)
            request = pb.GetLabelRequest(place=Place(kommunenummer="4601", bydelsnummer="00"))
            assert (await stub.GetLabel(request, timeout=5)).label == await get(filled.service, "4601", "00")
            fake.failure = Unavailable("told to")
            with pytest.raises(Unavailable, match="told to"):
                await stub.ResolvePlace(pb.ResolvePlaceRequest(kommunenummer="4601"), timeout=5)
        async with server.channel("service/intake") as channel:
            stub = RoutingServiceStub(channel)
            fake.failure = None
            assert len((await stub.ListLabels(pb.ListLabelsRequest(), timeout=5)).labels) == 3
            after = pb.ListLabelsRequest(after=Place(kommunenummer="0301", bydelsnummer="02"))
            assert len((await stub.ListLabels(after, timeout=5)).labels) == 1
