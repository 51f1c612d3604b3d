"""One suite over both stores."""

import uuid
from datetime import timedelta

from libs.testing.world import START
from libs.values import TjenesteId
from services.delivery.domain import Number, SequenceHeadEvent
from services.delivery.store.contract import Copied, ProofRow, Registered, Store, ToAudit
from services.delivery.tests.conftest import BERGEN, SALT, head, registered, sealed_of

OSLO = TjenesteId("oslo")


async def _copied(store: Store, *numbers: int) -> None:
    await store.register(registered(*numbers), [], max(numbers), START)
    await store.insert_copies([(head(number).melding_id, [sealed_of(number)]) for number in numbers], START)


async def test_registering_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        await store.register(registered(1, 2), [], 2, START)
    assert await store.cursor() == 2
    assert await store.list_to_copy(START, 10) == [head(1), head(2)]


async def test_the_cursor_never_goes_back(store: Store) -> None:
    await store.register([], [], 5, START)
    await store.register([], [], 3, START)
    assert await store.cursor() == 5


async def test_a_head_is_offered_when_its_bytes_are_held_and_in_order(store: Store) -> None:
    await store.register(registered(1, 2, 3), [], 3, START)
    assert await store.list_heads(BERGEN, 0, 0, 10) == []
    await store.insert_copies([(head(2).melding_id, [sealed_of(2)])], START)
    assert await store.list_heads(BERGEN, 0, 0, 10) == []
    await store.insert_copies([(head(1).melding_id, [sealed_of(1)])], START)
    assert await store.list_heads(BERGEN, 0, 0, 10) == [head(1), head(2)]
    assert await store.list_heads(BERGEN, 1, 1, 10) == [head(2)]
    assert await store.list_heads(BERGEN, 0, 0, 1) == [head(1)]
    assert await store.list_heads(OSLO, 0, 0, 10) == []


async def test_one_that_cannot_be_copied_is_offered_and_blocks_nobody(store: Store) -> None:
    await store.register(registered(1, 2), [], 2, START)
    await store.postpone_copy(head(1).melding_id, START + timedelta(minutes=1))
    await store.insert_copies([(head(2).melding_id, [sealed_of(2)])], START)
    assert await store.list_heads(BERGEN, 0, 0, 10) == [head(1), head(2)]
    assert await store.list_to_copy(START, 10) == []
    assert await store.list_to_copy(START + timedelta(minutes=1), 10) == [head(1)]


async def test_bytes_are_read_in_stretches_as_they_came(store: Store) -> None:
    await _copied(store, 1)
    stretches = [await store.read_part(head(1).melding_id, 0, offset, 1000) for offset in range(0, 3200, 1000)]
    assert b"".join(stretch or b"" for stretch in stretches) == sealed_of(1)
    await store.insert_copies([(head(1).melding_id, [b"other"])], START)
    assert await store.read_part(head(1).melding_id, 0, 0, 10_000) == sealed_of(1)


async def test_a_number_of_another_receiver_is_not_found(store: Store) -> None:
    await _copied(store, 1)
    assert await store.find_head(Number(BERGEN, 1, 1)) == (head(1), True)
    assert await store.find_head(Number(OSLO, 1, 1)) is None
    assert await store.find_head(Number(BERGEN, 2, 1)) is None


async def test_intake_is_told_of_each_copy_until_it_knows(store: Store) -> None:
    await _copied(store, 1, 2)
    copies = [Copied(head(number).melding_id, head(number).digest) for number in (1, 2)]
    assert await store.list_to_report(10) == copies
    await store.mark_reported([head(1).melding_id], START)
    assert await store.list_to_report(10) == copies[1:]


async def test_the_first_proof_of_a_kind_counts_and_is_forwarded_until_intake_has_it(store: Store) -> None:
    await _copied(store, 1)
    first = ProofRow(head(1).melding_id, "stored", "first")
    await store.insert_proof(first, SALT, START)
    await store.insert_proof(ProofRow(head(1).melding_id, "stored", "second"), SALT, START)
    assert await store.list_to_forward(START, 10) == [first]
    await store.postpone_forward(first, START + timedelta(minutes=1))
    assert await store.list_to_forward(START, 10) == []
    await store.mark_forwarded([first])
    assert await store.list_to_forward(START + timedelta(days=1), 10) == []


async def test_copies_and_proofs_wait_for_their_commitment(store: Store) -> None:
    await _copied(store, 1)
    await store.insert_proof(ProofRow(head(1).melding_id, "opened", "proof"), SALT, START)
    rows = [
        ToAudit(head(1).melding_id, None, SALT, "receipt 1"),
        ToAudit(head(1).melding_id, "opened", SALT, "proof"),
    ]
    assert await store.list_to_audit(10) == rows
    assert await store.list_to_audit(1) == rows[:1]
    await store.mark_audited(rows[:1], START)
    assert await store.list_to_audit(10) == rows[1:]


async def test_the_newest_stream_holds_the_lease(store: Store) -> None:
    old, new = uuid.UUID(int=1), uuid.UUID(int=2)
    await store.take_lease(BERGEN, old, START)
    await store.take_lease(BERGEN, new, START)
    assert [await store.holds_lease(BERGEN, token) for token in (old, new)] == [False, True]


async def test_only_newer_words_replace_what_is_held(store: Store) -> None:
    for version, statement in ((2, "two"), (1, "one"), (2, "other two")):
        await store.keep_snapshot(version, statement)
    assert await store.snapshot() == (2, "two")
    newest = SequenceHeadEvent(7, BERGEN, "seven")
    await store.register([], [newest, SequenceHeadEvent(6, BERGEN, "six")], 7, START)
    assert await store.sequence_head(BERGEN) == newest
    assert await store.sequence_head(OSLO) is None


async def test_the_same_number_of_two_receivers_are_two_meldinger(store: Store) -> None:
    await store.register([Registered(head(1), SALT), Registered(head(1, OSLO, 2), SALT)], [], 2, START)
    assert [each.at.receiver for each in await store.list_to_copy(START, 10)] == [BERGEN, OSLO]
