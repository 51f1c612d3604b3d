"""From intake to a node and back, over real channels: what a node may have, and which proofs are believed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from libs.errors import DigestMismatch, LeaseLost, NotFound, SamvernError, StatementRefused, Unavailable
from libs.loops.bell import Bell
from libs.rpc.streams import read_within
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.rpc import assert_access
from samvern.delivery.v1 import delivery_pb2 as pb
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub, add_DeliveryServiceServicer_to_server
from samvern.intake.v1 import intake_pb2
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub
from services.delivery.access import ACCESS
from services.delivery.bells import Bells
from services.delivery.service import DeliveryService, Parts
from services.delivery.store.contract import Store
from services.delivery.tests.world import Centre, centre

if TYPE_CHECKING:
    from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceAsyncStub

SECONDS = 5.0


@pytest.fixture(scope="module")
def receiver() -> TestReceiver:
    return TestReceiver.new("bergen")


@pytest.fixture
async def world(tmp_path: Path, store: Store, receiver: TestReceiver) -> AsyncIterator[Centre]:
    async with centre(tmp_path, store, receiver) as opened:
        await opened.directory.step()
        yield opened


@pytest.fixture
async def node(world: Centre) -> AsyncIterator["DeliveryServiceAsyncStub"]:
    async with world.server.channel("node/bergen") as channel:
        yield DeliveryServiceStub(channel)


async def _heads(node: "DeliveryServiceAsyncStub") -> list[pb.MeldingHead]:
    return list((await node.ListHeads(pb.ListHeadsRequest(), timeout=SECONDS)).heads)


async def _fetched(node: "DeliveryServiceAsyncStub", number: int) -> bytes:
    call = node.FetchMelding(pb.FetchMeldingRequest(epoch=1, number=number))
    content = b""
    while (message := await read_within(call, SECONDS)) is not None:
        content += message.chunk.data
    return content


async def _confirm(node: "DeliveryServiceAsyncStub", head: pb.MeldingHead, proof: str) -> None:
    request = pb.ConfirmStoredRequest(epoch=head.epoch, number=head.number, digest=head.digest, proof=proof)
    await node.ConfirmStored(request, timeout=SECONDS)


async def test_a_melding_goes_to_its_node_and_proofs_come_back(world: Centre, node: "DeliveryServiceAsyncStub") -> None:
    submission = await world.submit()
    await world.settle()
    [head] = await _heads(node)
    assert (head.melding_id, head.digest) == (str(submission.melding_id), submission.digest.value)
    assert (await _fetched(node, 1)).decode() in submission.body.decode()
    await _confirm(node, head, await world.proof(head))
    await world.reporting.step()
    await world.forwarding.step()
    [entry] = await world.intake.store.list_proofs(submission.melding_id)
    assert entry.kind == "stored"
    await world.commitments.step()
    assert len(world.audit.commitments) == 2


async def test_bytes_come_in_any_order_of_numbers(world: Centre, node: "DeliveryServiceAsyncStub") -> None:
    for _ in range(3):
        await world.submit()
    await world.settle()
    assert [head.number for head in await _heads(node)] == [1, 2, 3]
    contents = [await _fetched(node, number) for number in (3, 1, 2)]
    assert len(set(contents)) == 3


async def test_a_node_sees_its_own_receiver_only(world: Centre, node: "DeliveryServiceAsyncStub") -> None:
    await world.submit()
    await world.settle()
    [head] = await _heads(node)
    async with world.server.channel("node/oslo") as channel:
        stranger = DeliveryServiceStub(channel)
        assert await _heads(stranger) == []
        with pytest.raises(NotFound):
            await _fetched(stranger, 1)
        with pytest.raises(SamvernError):
            await _confirm(stranger, head, await world.proof(head))
    assert await world.store.list_to_forward(world.clock.now(), 10) == []


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"kind": "opened"}, StatementRefused),
        ({"number": 2}, StatementRefused),
        ({"melding_id": "5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11"}, StatementRefused),
        ({"digest": "A" * 43}, DigestMismatch),
        ({"receiver": "oslo"}, SamvernError),
    ],
)
async def test_a_proof_that_does_not_fit_is_refused(
    world: Centre, node: "DeliveryServiceAsyncStub", changed: dict[str, object], error: type[SamvernError]
) -> None:
    await world.submit()
    await world.settle()
    [head] = await _heads(node)
    with pytest.raises(error):
        await _confirm(node, head, await world.proof(head, **changed))  # type: ignore[arg-type]
    assert await world.store.list_to_forward(world.clock.now(), 10) == []


async def test_another_key_proves_nothing(world: Centre, node: "DeliveryServiceAsyncStub") -> None:
    await world.submit()
    await world.settle()
    [head] = await _heads(node)
    world.receiver = TestReceiver.new("bergen")
    with pytest.raises((StatementRefused, Unavailable)):
        await _confirm(node, head, await world.proof(head))


async def test_what_intake_changed_on_the_way_is_not_copied(world: Centre, node: "DeliveryServiceAsyncStub") -> None:
    await world.submit()
    await world.submit()
    await world.registration.step()
    [first, _] = await world.store.list_to_copy(world.clock.now(), 10)
    world.intake.store._rows[first.melding_id].sealed = [b"other bytes"]
    await world.copying.step()
    heads = await _heads(node)
    assert [head.number for head in heads] == [1, 2]
    with pytest.raises(Unavailable):
        await _fetched(node, 1)
    assert await _fetched(node, 2)


async def test_the_newest_stream_takes_over_from_an_older_one(world: Centre) -> None:
    async with world.server.channel("node/bergen") as one, world.server.channel("node/bergen") as two:
        older = DeliveryServiceStub(one).StreamHeads(pb.StreamHeadsRequest())
        await world.submit()
        await world.settle()
        message = await read_within(older, SECONDS)
        assert message is not None
        assert message.head.number == 1
        newer = DeliveryServiceStub(two).StreamHeads(pb.StreamHeadsRequest(epoch=1, after_number=1))
        with pytest.raises(LeaseLost):
            await read_within(older, SECONDS)
        await world.submit()
        await world.settle()
        message = await read_within(newer, SECONDS)
        assert message is not None
        assert message.head.number == 2
        newer.cancel()


async def test_intake_away_loses_nothing(world: Centre, node: "DeliveryServiceAsyncStub") -> None:
    await world.submit()
    world.intake.failure = Unavailable("away")
    with pytest.raises(Unavailable):
        await world.registration.step()
    world.intake.failure = None
    await world.registration.step()
    world.intake.failure = Unavailable("away")
    with pytest.raises(Unavailable):
        await world.copying.step()
    world.intake.failure = None
    await world.copying.step()
    assert len(await _heads(node)) == 1


async def test_intake_gets_each_position_once_in_order(world: Centre) -> None:
    for _ in range(2):
        await world.submit()
        await world.registration.step()
    async with world.intake_server.channel("service/delivery") as channel:
        request = intake_pb2.ListAcceptedRequest(after_position=await world.store.cursor())
        assert not (await IntakeServiceStub(channel).ListAccepted(request, timeout=SECONDS)).events
    assert [head.at.number for head in await world.store.list_to_copy(world.clock.now(), 10)] == [1, 2]


async def test_each_rpc_lets_in_exactly_whom_the_table_names(world: Centre, tmp_path: Path) -> None:
    parts = Parts(
        store=world.store,
        trust=world.directory,
        bells=Bells(),
        proofs=Bell(),
        clock=world.clock,
        ids=world.ids,
        telemetry=NoTelemetry(),
    )
    service = DeliveryService(parts)
    descriptor = pb.DESCRIPTOR.services_by_name["DeliveryService"]
    await assert_access(
        tmp_path / "access", descriptor, ACCESS, lambda server: add_DeliveryServiceServicer_to_server(service, server)
    )
