"""The store keeps what it was given, in PostgreSQL and in its twin alike."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from libs.db.database import Database
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.world import START
from libs.values import MeldingId, Place, TjenesteId
from services.intake.domain import SenderKey
from services.intake.numbering import Candidate, Counter, Known, New, Standing, judge
from services.intake.store.contract import (
    Accepted,
    Decision,
    DueHead,
    HeldPart,
    MeldingKey,
    StatusEntry,
    StoredCertification,
    StoredLabel,
    Stores,
    VerifiedProof,
)
from services.intake.store.memory import MemoryStore, memory_stores
from services.intake.store.postgres import postgres_stores
from services.intake.tests.conftest import Sender

BERGEN = TjenesteId("bergen")
NOBODY = MeldingId("00000000-0000-4000-8000-000000000000")
LATER = START + timedelta(hours=1)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield memory_stores(MemoryStore())
    else:
        database: DatabaseFactory = request.getfixturevalue("database")
        async with Database.open(database("intake")) as opened:
            yield postgres_stores(opened)


async def accept(stores: Stores, *group: Candidate) -> Decision:
    async def decide(standing: Standing) -> Decision:
        verdicts = judge(standing, group)
        accepted = [Accepted(each, f"receipt {each.number}", START) for each in verdicts if isinstance(each, New)]
        return Decision(tuple(verdicts), tuple(accepted))

    return await stores.accepting.accept(group, decide)


async def standing_of(stores: Stores, *group: Candidate) -> Standing:
    seen: list[Standing] = []

    async def look(standing: Standing) -> Decision:
        seen.append(standing)
        return Decision((), ())

    await stores.accepting.accept(group, look)
    return seen[0]


async def test_what_is_accepted_stands_for_the_next_group(stores: Stores, sender: Sender) -> None:
    first, second, unknown = sender.candidate(), sender.candidate(), sender.candidate()
    await accept(stores, first, second)
    standing = await standing_of(stores, first, unknown)
    assert (standing.last_position, standing.counters) == (2, {BERGEN: Counter(1, 2)})
    assert standing.by_key == {first.key: Known(first.digest, "receipt 1")}
    assert first.melding_id in standing.melding_ids
    assert unknown.melding_id not in standing.melding_ids
    assert first.reference in standing.references


async def test_a_melding_id_and_a_reference_are_found_under_another_key(stores: Stores, sender: Sender) -> None:
    accepted = sender.candidate()
    await accept(stores, accepted)
    submission = replace(sender.submission(), key=SenderKey(("portal", "another key here")))
    same_reference = replace(sender.candidate(submission), reference=accepted.reference)
    standing = await standing_of(stores, same_reference)
    assert accepted.reference in standing.references
    other_key = replace(accepted.admitted.submission, key=SenderKey(("portal", "another key here")))
    standing = await standing_of(stores, sender.candidate(other_key))
    assert accepted.melding_id in standing.melding_ids


async def test_events_tell_what_was_accepted_in_order(stores: Stores, sender: Sender, oslo_sender: Sender) -> None:
    group = [sender.candidate(), oslo_sender.candidate()]
    await accept(stores, *group)
    events = await stores.outbox.list_events(0, 10)
    assert [event.position for event in events] == [1, 2]
    assert [event.salt for event in events] == [each.salt for each in group]
    melding = events[0].melding
    assert melding is not None
    assert (melding.melding_id, melding.receiver, melding.number) == (group[0].melding_id, BERGEN, 1)
    assert melding.parts == group[0].admitted.parts
    assert events[0].statement == melding.receipt == "receipt 1"
    assert [event.position for event in await stores.outbox.list_events(1, 10)] == [2]
    assert len(await stores.outbox.list_events(0, 1)) == 1


async def test_sealed_bytes_are_read_as_they_came(stores: Stores, sender: Sender) -> None:
    candidate = sender.candidate(sender.submission(purposes=("case", "identity")))
    await accept(stores, candidate)
    sealed = [part.sealed for part in candidate.admitted.submission.parts]
    held = await stores.outbox.list_parts(candidate.melding_id, 50)
    firsts = [each[:50] for each in sealed]
    assert held == [HeldPart(*each) for each in zip(candidate.admitted.parts, firsts, strict=True)]
    for index, expected in enumerate(sealed):
        first = await stores.outbox.read_part(candidate.melding_id, index, 0, 100)
        rest = await stores.outbox.read_part(candidate.melding_id, index, 100, 1_000_000)
        assert (first or b"") + (rest or b"") == expected
    assert await stores.outbox.list_parts(NOBODY, 1) == []
    assert await stores.outbox.read_part(NOBODY, 0, 0, 1) is None


async def test_an_exception_while_deciding_leaves_nothing(stores: Stores, sender: Sender) -> None:
    async def fail(_standing: Standing) -> Decision:
        raise KeyError

    with pytest.raises(KeyError):
        await stores.accepting.accept([sender.candidate()], fail)
    assert await stores.outbox.list_events(0, 10) == []


async def test_heads_are_due_once_in_an_interval_and_stand_between_meldinger(stores: Stores, sender: Sender) -> None:
    made: list[DueHead] = []

    async def make(due: DueHead) -> tuple[str, bytes]:
        made.append(due)
        return f"head at {due.counter.last_number}", bytes(32)

    async def append(at_hours: int) -> int:
        at = START + timedelta(hours=at_hours)
        return await stores.accepting.append_heads(at - timedelta(hours=1), 10, at, make)

    assert await append(0) == 0
    await accept(stores, sender.candidate())
    assert [await append(0), await append(0), await append(1)] == [1, 0, 1]
    await accept(stores, sender.candidate())
    assert made == [DueHead(BERGEN, Counter(1, 1))] * 2
    events = await stores.outbox.list_events(0, 10)
    assert [event.statement for event in events] == ["receipt 1", "head at 1", "head at 1", "receipt 2"]


async def test_bytes_are_dropped_only_when_copied_and_proven_stored(stores: Stores, sender: Sender) -> None:
    copied, stored, both = sender.candidate(), sender.candidate(), sender.candidate()
    await accept(stores, copied, stored, both)
    proofs = [VerifiedProof(each.melding_id, "stored", "proof", START) for each in (stored, both)]
    opened = VerifiedProof(copied.melding_id, "opened", "proof", START)
    await stores.progress.record_copies([copied.melding_id, both.melding_id], LATER)
    await stores.progress.record_proofs([*proofs, opened], LATER)
    assert await stores.progress.erase_bytes(10, LATER) == 1
    assert await stores.progress.erase_bytes(10, LATER) == 0
    held = [bool(await stores.outbox.list_parts(each.melding_id, 1)) for each in (copied, stored, both)]
    assert held == [True, True, False]
    assert await stores.outbox.read_part(both.melding_id, 0, 0, 10) is None
    events = await stores.outbox.list_events(0, 10)
    assert [event.statement for event in events] == ["receipt 1", "receipt 2", "receipt 3"], "rows stay"


async def test_the_first_proof_of_a_kind_counts(stores: Stores, sender: Sender) -> None:
    melding_id = (candidate := sender.candidate()).melding_id
    await accept(stores, candidate)
    first = VerifiedProof(melding_id, "stored", "first", START.replace(tzinfo=UTC))
    await stores.progress.record_proofs([first], LATER)
    await stores.progress.record_proofs([replace(first, proof="second")], LATER)
    opened = VerifiedProof(melding_id, "opened", "opened", LATER)
    await stores.progress.record_proofs([opened], LATER)
    await stores.progress.record_proofs([], LATER)
    assert await stores.progress.list_proofs(melding_id) == [first, opened]
    assert await stores.progress.list_proofs(NOBODY) == []


async def test_meldinger_are_found_by_id(stores: Stores, sender: Sender) -> None:
    candidate = sender.candidate()
    await accept(stores, candidate)
    found = await stores.progress.find_meldinger([NOBODY, candidate.melding_id])
    assert found == {candidate.melding_id: MeldingKey(BERGEN, 1, 1, candidate.digest)}


async def test_a_lookup_id_leads_to_its_meldinger(stores: Stores, sender: Sender) -> None:
    submission = sender.with_secret(sender.submission(), b"l" * 16, b"t" * 32)
    candidate = sender.candidate(submission)
    await accept(stores, candidate, sender.candidate())
    token_hash = submission.access_token_hash or b""
    entry = StatusEntry(
        candidate.melding_id, token_hash, "receipt 1", START, is_copied=False, is_stored=False, is_erased=False
    )
    assert await stores.progress.find_status(b"l" * 16) == [entry]
    assert await stores.progress.find_status(b"x" * 16) == []
    await stores.progress.record_copies([candidate.melding_id], LATER)
    assert await stores.progress.find_status(b"l" * 16) == [replace(entry, is_copied=True)]


async def test_a_cursor_never_goes_back(stores: Stores) -> None:
    assert await stores.outbox.cursor("commitments") == 0
    await stores.outbox.move_cursor("commitments", 5)
    await stores.outbox.move_cursor("commitments", 3)
    assert await stores.outbox.cursor("commitments") == 5


async def test_an_older_snapshot_never_replaces_a_newer(stores: Stores) -> None:
    assert (await stores.addresses.snapshot_version(), await stores.addresses.snapshot()) == (0, None)
    await stores.addresses.keep_snapshot(2, "two", START)
    await stores.addresses.keep_snapshot(1, "one", LATER)
    assert (await stores.addresses.snapshot_version(), await stores.addresses.snapshot()) == (2, "two")


async def test_labels_are_those_of_the_last_listing(stores: Stores) -> None:
    bergen, oslo = Place.parse("4601", "00"), Place.parse("0301", "01")
    await stores.addresses.keep_labels([StoredLabel(bergen, "b1", 1), StoredLabel(oslo, "o1", 1)], START)
    await stores.addresses.keep_labels([StoredLabel(bergen, "b2", 2)], LATER)
    assert (await stores.addresses.label(bergen), await stores.addresses.label(oslo)) == ("b2", None)
    await stores.addresses.keep_labels([], LATER)
    assert await stores.addresses.label(bergen) is None


async def test_the_certification_that_ends_last_is_kept(stores: Stores) -> None:
    held = StoredCertification("kid", "new", LATER)
    assert await stores.addresses.certification("kid") is None
    await stores.addresses.keep_certification(held, START)
    await stores.addresses.keep_certification(StoredCertification("kid", "old", START), LATER)
    assert await stores.addresses.certification("kid") == held


async def test_who_looked_up_before_another_accepted_begins_anew(database: DatabaseFactory, sender: Sender) -> None:
    slow, quick = sender.candidate(), sender.candidate()
    looked_up: list[int] = []
    async with Database.open(database("intake")) as opened:
        stores = postgres_stores(opened)

        async def decide_slowly(standing: Standing) -> Decision:
            looked_up.append(standing.last_position)
            if len(looked_up) == 1:
                await accept(stores, quick)
            (verdict,) = judge(standing, [slow])
            assert isinstance(verdict, New)
            return Decision((verdict,), (Accepted(verdict, f"receipt {verdict.number}", START),))

        await stores.accepting.accept([slow], decide_slowly)
        events = await stores.outbox.list_events(0, 10)
    assert looked_up == [0, 1]
    assert [(event.position, event.salt) for event in events] == [(1, quick.salt), (2, slow.salt)]
