"""What is accepted as a head, and what as its bytes."""

from typing import Any

import pytest

from libs.errors import DigestMismatch, SealMalformed, StatementRefused
from libs.sealing.digest import PartDigest
from libs.statements.envelope import b64
from libs.statements.payloads import Named, Part
from libs.values import MAX_BODY_BYTES
from services.delivery_node.domain import MAX_PARTS, Assembly, Head, MeldingNumber, arrival_of, check_bytes
from services.delivery_node.tests.factory import RECEIVER, Centre


@pytest.fixture
async def centre() -> Centre:
    return await Centre.new()


async def test_a_head_with_its_true_receipt_is_an_arrival(centre: Centre) -> None:
    melding = await centre.melding(3, identity=b"{}")
    arrival = arrival_of(melding.head(), melding.receipt, RECEIVER)
    assert arrival.which == MeldingNumber(1, 3)
    assert [part.purpose for part in arrival.parts] == ["case", "identity"]
    assert arrival.size_bytes == sum(len(part) for part in melding.sealed)


@pytest.mark.parametrize(
    "change",
    [
        {"which": MeldingNumber(1, 4)},
        {"which": MeldingNumber(2, 3)},
        {"melding_id": "00000000-0000-4000-8000-000000000000"},
        {"parts": ()},
    ],
    ids=str,
)
async def test_a_head_that_is_not_what_its_receipt_says_is_refused(centre: Centre, change: dict[str, Any]) -> None:
    melding = await centre.melding(3)
    with pytest.raises(StatementRefused):
        arrival_of(melding.head(**change), melding.receipt, RECEIVER)


async def test_a_receipt_for_another_receiver_is_refused(centre: Centre) -> None:
    melding = await centre.melding(1, tjeneste=Named("annensteds", "Annensteds"))
    with pytest.raises(StatementRefused):
        arrival_of(melding.head(), melding.receipt, RECEIVER)


async def test_a_digest_that_is_not_that_of_the_parts_is_refused(centre: Centre) -> None:
    melding, other = await centre.melding(1), await centre.melding(2)
    with pytest.raises(DigestMismatch):
        arrival_of(melding.head(digest=other.digest), melding.receipt, RECEIVER)
    forged = await centre.melding(1, digest=other.receipt.digest)
    with pytest.raises(DigestMismatch):
        arrival_of(forged.head(digest=other.digest), forged.receipt, RECEIVER)


@pytest.mark.parametrize("sizes", [(), (1,) * (MAX_PARTS + 1), (MAX_BODY_BYTES + 1,), (0,)], ids=len)
async def test_a_receipt_that_lists_too_much_is_refused_before_a_byte_is_fetched(
    centre: Centre, sizes: tuple[int, ...]
) -> None:
    digests = tuple(PartDigest("case", "k", bytes(32), size) for size in sizes)
    parts = tuple(Part(each.purpose, each.key_id, b64(each.sha256), each.size_bytes) for each in digests)
    melding = await centre.melding(1, parts=parts)
    head = Head(melding.which, melding.receipt.melding_id, bytes(32), melding.statement, digests, "")
    with pytest.raises(StatementRefused):
        arrival_of(head, melding.receipt, RECEIVER)


async def test_bytes_are_true_only_if_every_part_and_the_whole_are(centre: Centre) -> None:
    melding = await centre.melding(1, identity=b"{}")
    arrival = melding.arrival()
    assert check_bytes(arrival, melding.sealed, RECEIVER) == arrival.digest
    case, identity = melding.sealed
    for wrong in ((case,), (identity, case), (case, identity[:-1]), (case[:-1] + b"!", identity)):
        with pytest.raises(DigestMismatch):
            check_bytes(arrival, wrong, RECEIVER)


async def test_chunks_become_parts_in_order(centre: Centre) -> None:
    melding = await centre.melding(1, identity=b"{}")
    assembly = Assembly(melding.parts)
    for index, part in enumerate(melding.sealed):
        assembly.add(index, part[:100])
        assembly.add(index, part[100:])
    assert assembly.done() == melding.sealed


async def test_chunks_out_of_order_too_many_or_too_few_are_refused(centre: Centre) -> None:
    melding = await centre.melding(1, identity=b"{}")
    case, identity = melding.sealed
    for chunks in ([(1, identity)], [(0, case + b"x")], [(0, case), (0, b"x")], [(2, b"x")], [(-1, b"x")]):
        *before, (index, data) = chunks
        assembly = Assembly(melding.parts)
        for chunk in before:
            assembly.add(*chunk)
        with pytest.raises(SealMalformed):
            assembly.add(index, data)
    assembly = Assembly(melding.parts)
    assembly.add(0, case)
    with pytest.raises(SealMalformed):
        assembly.done()
    assembly.add(1, bytes(len(identity)))
    with pytest.raises(DigestMismatch):
        assembly.done()
