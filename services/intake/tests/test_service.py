"""What callers of intake meet, over gRPC with certificates of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration

from libs.errors import (
    DigestMismatch,
    KeyConflict,
    LabelRefused,
    Malformed,
    NotConnected,
    NotFound,
    StatementRefused,
    TooLarge,
    Unavailable,
)
from libs.rpc.streams import read_within
from libs.statements import Typ, sign, verify
from libs.statements.envelope import b64
from libs.statements.payloads import Proof, ProofKind, Receipt, SequenceHead, decode, timestamp
from libs.statements.snapshot import Kommune, ServedPlace, Snapshot, Tjeneste
from libs.testing.labels import TestReceiver
from libs.testing.rpc import assert_access, serving
from libs.testing.trust import TestTrust, new_key
from libs.testing.world import START, FakeClock
from samvern.intake.v1 import intake_pb2 as pb
from samvern.intake.v1.intake_pb2_grpc import IntakeServiceStub, add_IntakeServiceServicer_to_server
from samvern.types.v1 import types_pb2 as types
from services.intake.access import ACCESS
from services.intake.domain import SealingPlace, Submission
from services.intake.fake import FakeIntake
from services.intake.service import CHUNK_BYTES, NAME
from services.intake.tests.conftest import Sender

if TYPE_CHECKING:
    from samvern.intake.v1.intake_pb2_grpc import IntakeServiceAsyncStub

SECONDS = 5.0
LOOKUP_ID, ACCESS_TOKEN = b"l" * 16, b"t" * 32
SEALED_AT = {
    SealingPlace.BROWSER: types.SEALING_PLACE_BROWSER,
    SealingPlace.PROCESS: types.SEALING_PLACE_PROCESS,
    SealingPlace.SENDER: types.SEALING_PLACE_SENDER,
}


@dataclass
class Calling:
    """Intake, and stubs to it as gateway and as delivery."""

    intake: FakeIntake
    clock: FakeClock
    gateway: "IntakeServiceAsyncStub"
    delivery: "IntakeServiceAsyncStub"

    async def submit(self, submission: Submission) -> str:
        response = await self.gateway.SubmitMelding(request_of(submission), timeout=SECONDS)
        return response.receipt

    async def fetch(self, melding_id: str) -> list[list[bytes]]:
        """The chunks of each part."""
        call = self.delivery.FetchMelding(pb.FetchMeldingRequest(melding_id=melding_id))
        parts: dict[int, list[bytes]] = {}
        while (message := await read_within(call, SECONDS)) is not None:
            parts.setdefault(message.chunk.part_index, []).append(message.chunk.data)
        return list(parts.values())


def request_of(submission: Submission) -> pb.SubmitMeldingRequest:
    return pb.SubmitMeldingRequest(
        sender_scope=submission.key[0],
        idempotency_key=submission.key[1],
        melding_id=str(submission.melding_id),
        type=types.MELDING_TYPE_PRIVAT,
        suite=submission.suite,
        label=submission.label,
        parts=[
            types.SealedPart(purpose=each.purpose, key_id=each.key_id, sealed=each.sealed) for each in submission.parts
        ],
        digest=submission.digest.value,
        sealed_at=SEALED_AT[submission.sealed_at],
        is_urgent=submission.is_urgent,
        lookup_id=submission.lookup_id or b"",
        access_token_hash=submission.access_token_hash or b"",
    )


def register(fake: FakeIntake) -> Callable[..., None]:
    return lambda server: add_IntakeServiceServicer_to_server(fake, server)


@pytest.fixture
async def calling(tmp_path: Path, trust: TestTrust, bergen: TestReceiver) -> AsyncIterator[Calling]:
    clock = FakeClock()
    fake = await FakeIntake.new(trust, clock)
    async with (
        serving(tmp_path, access=ACCESS, register=register(fake), services=[NAME], name="service/intake") as server,
        server.channel("service/gateway") as gateway,
        server.channel("service/delivery") as delivery,
    ):
        yield Calling(fake, clock, IntakeServiceStub(gateway), IntakeServiceStub(delivery))


def snapshot_of(*receivers: TestReceiver) -> Snapshot:
    kommuner = tuple(
        Kommune(nummer, navn, navn, (navn,), "46", "Vestland", "https://example.test")
        for nummer, navn in (("4601", "Bergen"), ("4602", "Kinn"))
    )
    tjenester = tuple(
        Tjeneste(
            id=each.tjeneste_id,
            navn=each.tjeneste_id,
            channel="own_node",
            custody="node",
            places=(ServedPlace("4601", "00"),),
            certificates=(each.certificate,),
            proof_keys=(each.proof,),
            telefon="",
            is_demo=True,
            standard_bydel="",
        )
        for each in receivers
    )
    return Snapshot(
        version=1,
        issued_at=timestamp(START),
        kommuner=kommuner,
        endringer=(),
        postnummer=(),
        bydeler=(),
        tjenester=tjenester,
    )


async def proof_of(
    receiver: TestReceiver, submission: Submission, number: int, kind: ProofKind = "stored", digest: bytes = b""
) -> str:
    proof = Proof(
        kind=kind,
        receiver=receiver.tjeneste_id,
        epoch=1,
        number=number,
        melding_id=str(submission.melding_id),
        digest=b64(digest or submission.digest.value),
        at=timestamp(START + timedelta(hours=1)),
    )
    return await sign(receiver.proof_key, Typ.PROOF, proof.encode())


async def test_only_those_of_the_table_may_call(tmp_path: Path, trust: TestTrust) -> None:
    descriptor = pb.DESCRIPTOR.services_by_name["IntakeService"]
    await assert_access(tmp_path, descriptor, ACCESS, register(await FakeIntake.new(trust)))


async def test_a_receipt_verifies_and_a_repeat_gets_the_very_same(
    calling: Calling, sender: Sender, trust: TestTrust
) -> None:
    submission = sender.submission()
    receipt = await calling.submit(submission)
    said = decode(verify(receipt, Typ.RECEIPT, trust.root, at=START), Receipt)
    assert (said.melding_id, said.number, said.digest) == (str(submission.melding_id), 1, b64(submission.digest.value))
    calling.clock.advance(3600)
    assert await calling.submit(submission) == receipt


async def test_other_bytes_under_the_same_key_are_a_conflict(calling: Calling, sender: Sender) -> None:
    first = sender.submission()
    await calling.submit(first)
    with pytest.raises(KeyConflict):
        await calling.submit(replace(sender.submission(), key=first.key))


async def test_a_forged_label_is_refused(calling: Calling, sender: Sender, bergen: TestReceiver) -> None:
    forged = await bergen.label(await TestTrust.new())
    with pytest.raises(LabelRefused, match="not authentic"):
        await calling.submit(replace(sender.submission(), label=forged))


@pytest.mark.parametrize(
    "changed",
    [
        {"sender_scope": ""},
        {"idempotency_key": "short"},
        {"melding_id": "x"},
        {"type": types.MELDING_TYPE_UNSPECIFIED},
        {"type": 77},
        {"sealed_at": types.SEALING_PLACE_UNSPECIFIED},
        {"digest": b"x"},
        {"label": ""},
        {"label": "x" * 70_000},
        {"parts": []},
        {"parts": [types.SealedPart(purpose="case", key_id="short", sealed=b"x")]},
        {"parts": [types.SealedPart(purpose="Case", key_id="A" * 43, sealed=b"x")] * 10_000},
        {"lookup_id": LOOKUP_ID},
        {"access_token_hash": b"x" * 32},
        {"lookup_id": b"x", "access_token_hash": b"x" * 32},
    ],
)
async def test_what_is_malformed_is_named_and_changes_nothing(
    calling: Calling, sender: Sender, changed: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {each.name: value for each, value in request_of(sender.submission()).ListFields()}
    with pytest.raises((Malformed, LabelRefused)):
        await calling.gateway.SubmitMelding(pb.SubmitMeldingRequest(**{**fields, **changed}), timeout=SECONDS)
    assert await calling.intake.store.list_events(0, 1) == []


async def test_a_melding_of_more_than_the_limit_is_too_large(calling: Calling, sender: Sender) -> None:
    submission = sender.submission()
    large = replace(submission, parts=(replace(submission.parts[0], sealed=bytes(5_000_001)),))
    with pytest.raises(TooLarge):
        await calling.submit(large)


async def test_delivery_is_told_what_was_accepted_and_fetches_it_in_chunks(calling: Calling, sender: Sender) -> None:
    submission = sender.submission(bytes(300_000), purposes=("case", "identity"))
    receipt = await calling.submit(submission)
    response = await calling.delivery.ListAccepted(pb.ListAcceptedRequest(), timeout=SECONDS)
    (event,) = response.events
    assert (event.position, event.melding.number, event.melding.receipt) == (1, 1, receipt)
    assert event.melding.digest == submission.digest.value
    chunks = await calling.fetch(event.melding.melding_id)
    assert [b"".join(part) for part in chunks] == [part.sealed for part in submission.parts]
    assert max(len(chunk) for part in chunks for chunk in part) <= CHUNK_BYTES
    with pytest.raises(NotFound):
        await calling.fetch("00000000-0000-4000-8000-000000000000")


async def test_a_long_poll_ends_with_news_and_not_before(calling: Calling, sender: Sender) -> None:
    async def list_accepted(wait: timedelta) -> pb.ListAcceptedResponse:
        duration = Duration()
        duration.FromTimedelta(wait)
        return await calling.delivery.ListAccepted(pb.ListAcceptedRequest(wait=duration), timeout=SECONDS)

    assert not (await list_accepted(timedelta())).events
    async with asyncio.TaskGroup() as tasks:
        polling = tasks.create_task(list_accepted(timedelta(seconds=60)))
        await asyncio.sleep(0.05)
        assert not polling.done()
        await calling.submit(sender.submission())
    assert len(polling.result().events) == 1
    with pytest.raises(Malformed):
        await list_accepted(timedelta(seconds=61))


async def test_a_sequence_head_is_told_in_order(calling: Calling, sender: Sender, trust: TestTrust) -> None:
    await calling.submit(sender.submission())
    await calling.intake.heads.step()
    response = await calling.delivery.ListAccepted(pb.ListAcceptedRequest(after_position=1), timeout=SECONDS)
    statement = response.events[0].sequence_head
    head = decode(verify(statement, Typ.SEQUENCE_HEAD, trust.root), SequenceHead)
    assert head == SequenceHead(receiver="bergen", epoch=1, last_number=1, at="2026-11-22T09:00:00Z")


async def test_a_status_goes_from_accepted_to_stored_to_opened(
    calling: Calling, sender: Sender, trust: TestTrust, bergen: TestReceiver
) -> None:
    await calling.intake.hold(trust, snapshot_of(bergen), [])
    submission = sender.with_secret(sender.submission(), LOOKUP_ID, ACCESS_TOKEN)
    receipt = await calling.submit(submission)

    async def status() -> tuple[str, int, list[str]]:
        request = pb.GetStatusRequest(lookup_id=LOOKUP_ID, access_token=ACCESS_TOKEN)
        response = await calling.gateway.GetStatus(request, timeout=SECONDS)
        return response.receipt, response.copies, [each.step for each in response.steps]

    assert await status() == (receipt, 1, ["accepted"])
    copy = pb.CopyHeld(melding_id=str(submission.melding_id), digest=submission.digest.value)
    await calling.delivery.RecordCopies(pb.RecordCopiesRequest(copies=[copy]), timeout=SECONDS)
    assert await status() == (receipt, 2, ["accepted"])
    for kind, expected in (("stored", ["accepted", "stored"]), ("opened", ["accepted", "opened", "stored"])):
        proof = await proof_of(bergen, submission, 1, kind)  # type: ignore[arg-type]
        await calling.delivery.RecordProofs(pb.RecordProofsRequest(proofs=[proof]), timeout=SECONDS)
        assert await status() == (receipt, 3, expected)
    await calling.intake.store.erase_bytes(1, START)
    assert (await status())[1] == 2


@pytest.mark.parametrize("secret", [(LOOKUP_ID, b"x" * 32), (b"x" * 16, ACCESS_TOKEN)])
async def test_not_found_looks_alike_whatever_half_is_wrong(
    calling: Calling, sender: Sender, secret: tuple[bytes, bytes]
) -> None:
    await calling.submit(sender.with_secret(sender.submission(), LOOKUP_ID, ACCESS_TOKEN))
    request = pb.GetStatusRequest(lookup_id=secret[0], access_token=secret[1])
    with pytest.raises(NotFound, match=r"^nothing is known for this secret$"):
        await calling.gateway.GetStatus(request, timeout=SECONDS)


async def test_another_melding_under_the_same_lookup_id_hides_nothing(calling: Calling, sender: Sender) -> None:
    await calling.submit(sender.with_secret(sender.submission(), LOOKUP_ID, b"x" * 32))
    calling.clock.advance(1)
    receipt = await calling.submit(sender.with_secret(sender.submission(), LOOKUP_ID, ACCESS_TOKEN))
    request = pb.GetStatusRequest(lookup_id=LOOKUP_ID, access_token=ACCESS_TOKEN)
    assert (await calling.gateway.GetStatus(request, timeout=SECONDS)).receipt == receipt


async def test_a_copy_with_another_digest_or_of_an_unknown_melding_is_refused(calling: Calling, sender: Sender) -> None:
    submission = sender.submission()
    await calling.submit(submission)
    for melding_id, digest, error in (
        (str(submission.melding_id), bytes(32), DigestMismatch),
        ("00000000-0000-4000-8000-000000000000", submission.digest.value, NotFound),
    ):
        request = pb.RecordCopiesRequest(copies=[pb.CopyHeld(melding_id=melding_id, digest=digest)])
        with pytest.raises(error):
            await calling.delivery.RecordCopies(request, timeout=SECONDS)


async def test_true_proofs_are_recorded_beside_false_ones(
    calling: Calling, sender: Sender, trust: TestTrust, bergen: TestReceiver
) -> None:
    await calling.intake.hold(trust, snapshot_of(bergen), [])
    first, second = sender.submission(), sender.submission()
    await calling.submit(first)
    await calling.submit(second)
    proofs = [await proof_of(bergen, first, 2), await proof_of(bergen, second, 2)]
    with pytest.raises(StatementRefused, match="another receiver or number"):
        await calling.delivery.RecordProofs(pb.RecordProofsRequest(proofs=proofs), timeout=SECONDS)
    recorded = [bool(await calling.intake.store.list_proofs(each.melding_id)) for each in (first, second)]
    assert recorded == [False, True]


async def test_a_proof_by_a_key_not_known_yet_waits(
    calling: Calling, sender: Sender, trust: TestTrust, bergen: TestReceiver, oslo: TestReceiver
) -> None:
    submission = sender.submission()
    await calling.submit(submission)
    request = pb.RecordProofsRequest(proofs=[await proof_of(bergen, submission, 1)])
    with pytest.raises(Unavailable, match="holds no snapshot"):
        await calling.delivery.RecordProofs(request, timeout=SECONDS)
    await calling.intake.hold(trust, snapshot_of(oslo), [])
    with pytest.raises(Unavailable, match="proof key"):
        await calling.delivery.RecordProofs(request, timeout=SECONDS)
    assert await calling.intake.store.list_proofs(submission.melding_id) == []


async def test_a_proof_of_another_digest_or_by_a_stranger_is_refused(
    calling: Calling, sender: Sender, trust: TestTrust, bergen: TestReceiver
) -> None:
    await calling.intake.hold(trust, snapshot_of(bergen), [])
    submission = sender.submission()
    await calling.submit(submission)
    stranger = replace(bergen, proof_key=replace(new_key(), public_key=bergen.proof_key.public_key))
    for proof in (await proof_of(bergen, submission, 1, digest=bytes(32)), await proof_of(stranger, submission, 1)):
        with pytest.raises(StatementRefused):
            await calling.delivery.RecordProofs(pb.RecordProofsRequest(proofs=[proof]), timeout=SECONDS)


async def test_labels_and_snapshot_come_from_intakes_own_store(
    calling: Calling, sender: Sender, trust: TestTrust, bergen: TestReceiver
) -> None:
    snapshot = snapshot_of(bergen)
    await calling.intake.hold(trust, snapshot, [sender.label_payload])

    async def label(kommune: str, bydel: str = "00") -> str:
        place = types.Place(kommunenummer=kommune, bydelsnummer=bydel)
        return (await calling.gateway.GetLabel(pb.GetLabelRequest(place=place), timeout=SECONDS)).label

    assert await label("4601") == await label("4601", "03") == sender.label
    with pytest.raises(NotConnected):
        await label("4602")
    with pytest.raises(NotFound):
        await label("9999")
    held = await calling.gateway.GetSnapshot(pb.GetSnapshotRequest(), timeout=SECONDS)
    assert verify(held.snapshot, Typ.SNAPSHOT, trust.root) == snapshot.encode()
    known = await calling.gateway.GetSnapshot(pb.GetSnapshotRequest(known_version=1), timeout=SECONDS)
    assert not known.HasField("snapshot")


async def test_without_a_snapshot_unknown_places_are_unavailable_and_not_unknown(calling: Calling) -> None:
    place = types.Place(kommunenummer="4601", bydelsnummer="00")
    with pytest.raises(Unavailable):
        await calling.gateway.GetLabel(pb.GetLabelRequest(place=place), timeout=SECONDS)
    with pytest.raises(Unavailable):
        await calling.gateway.GetSnapshot(pb.GetSnapshotRequest(), timeout=SECONDS)


async def test_a_batch_larger_than_the_limit_is_malformed(calling: Calling) -> None:
    copies = [pb.CopyHeld(melding_id="x", digest=b"x")] * 501
    with pytest.raises(Malformed):
        await calling.delivery.RecordCopies(pb.RecordCopiesRequest(copies=copies), timeout=SECONDS)
    with pytest.raises(Malformed):
        await calling.delivery.RecordProofs(pb.RecordProofsRequest(proofs=["x"] * 501), timeout=SECONDS)


async def test_the_fake_fails_when_told(calling: Calling, sender: Sender) -> None:
    calling.intake.failure = Unavailable("told to")
    with pytest.raises(Unavailable, match="told to"):
        await calling.submit(sender.submission())
