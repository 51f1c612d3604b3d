"""Numbers and positions have no gaps, and a key stands for one melding, whatever comes in whatever order."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.values import Digest, TjenesteId
from services.intake.domain import SenderKey
from services.intake.numbering import (
    Candidate,
    Conflict,
    Counter,
    Known,
    New,
    ReferenceTaken,
    Repeat,
    RepeatOf,
    Standing,
    judge,
)
from services.intake.tests.conftest import Sender

BERGEN, OSLO = TjenesteId("bergen"), TjenesteId("oslo-gamle-oslo")


def test_a_new_receiver_begins_at_one(sender: Sender) -> None:
    candidate = sender.candidate()
    assert judge(Standing(7), [candidate]) == [New(candidate, epoch=1, number=1, position=8)]


def test_numbers_follow_each_receiver_and_positions_all(sender: Sender, oslo_sender: Sender) -> None:
    first, second, third = sender.candidate(), oslo_sender.candidate(), sender.candidate()
    standing = Standing(4, counters={BERGEN: Counter(2, 10), OSLO: Counter(1, 3)})
    assert judge(standing, [first, second, third]) == [
        New(first, 2, 11, 5),
        New(second, 1, 4, 6),
        New(third, 2, 12, 7),
    ]


def test_a_repeat_gets_the_receipt_it_had_and_no_number(sender: Sender) -> None:
    known, new = sender.candidate(), sender.candidate()
    standing = Standing(1, by_key={known.key: Known(known.digest, "the receipt")})
    assert judge(standing, [known, new]) == [Repeat("the receipt"), New(new, 1, 1, 2)]


def test_the_same_melding_twice_in_a_group_is_one(sender: Sender) -> None:
    candidate = sender.candidate()
    new = New(candidate, 1, 1, 1)
    assert judge(Standing(0), [candidate, candidate]) == [new, RepeatOf(new)]


def test_a_key_with_other_bytes_is_a_conflict(sender: Sender) -> None:
    known, other = sender.candidate(), sender.candidate(replace(sender.submission(), key=SenderKey(("native", "k"))))
    standing = Standing(1, by_key={known.key: Known(Digest(bytes(32)), "the receipt")})
    same_key = sender.candidate(replace(sender.submission(), key=other.key))
    assert isinstance(judge(standing, [known])[0], Conflict)
    assert [type(verdict) for verdict in judge(Standing(0), [other, same_key])] == [New, Conflict]


def test_a_melding_id_under_another_key_is_a_conflict(sender: Sender) -> None:
    candidate = sender.candidate()
    other_key = sender.candidate(replace(candidate.admitted.submission, key=SenderKey(("native", "another key"))))
    assert isinstance(judge(Standing(0, melding_ids=frozenset([candidate.melding_id])), [candidate])[0], Conflict)
    assert [type(verdict) for verdict in judge(Standing(0), [candidate, other_key])] == [New, Conflict]


def test_a_reference_in_use_is_drawn_again(sender: Sender) -> None:
    candidate = sender.candidate()
    twin = replace(sender.candidate(), reference=candidate.reference)
    with pytest.raises(ReferenceTaken):
        judge(Standing(0, references=frozenset([candidate.reference])), [candidate])
    with pytest.raises(ReferenceTaken):
        judge(Standing(0), [candidate, twin])


class Ledger:
    """A store in a few lines: what judge's verdicts leave behind."""

    def __init__(self) -> None:
        self.new: list[New] = []

    def standing(self) -> Standing:
        counters = {each.candidate.admitted.receiver: Counter(each.epoch, each.number) for each in self.new}
        return Standing(
            len(self.new),
            counters,
            {each.candidate.key: Known(each.candidate.digest, str(each.position)) for each in self.new},
            frozenset(each.candidate.melding_id for each in self.new),
        )

    def submit(self, group: list[Candidate]) -> list[str]:
        answers: list[str] = []
        for verdict in judge(self.standing(), group):
            match verdict:
                case New():
                    self.new.append(verdict)
                    answers.append(str(verdict.position))
                case Repeat():
                    answers.append(verdict.receipt)
                case RepeatOf():
                    answers.append(str(verdict.new.position))
                case Conflict():
                    answers.append("conflict")
        return answers


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(groups=st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=6), max_size=6))
def test_whatever_is_sent_and_repeated_each_key_has_one_receipt_and_numbers_have_no_gaps(
    groups: list[list[tuple[int, int]]], meldinger: list[Candidate]
) -> None:
    ledger, answers = Ledger(), dict[tuple[int, int], list[str]]()
    for group in groups:
        sent = [_sent_as(meldinger[which], key) for which, key in group]
        for pair, answer in zip(group, ledger.submit(sent), strict=True):
            answers.setdefault(pair, []).append(answer)
    assert all(len(dict.fromkeys(each)) == 1 for each in answers.values()), "a repeat is answered as the first"
    assert [each.position for each in ledger.new] == list(range(1, len(ledger.new) + 1))
    for receiver in (BERGEN, OSLO):
        numbers = [each.number for each in ledger.new if each.candidate.admitted.receiver == receiver]
        assert numbers == list(range(1, len(numbers) + 1))
    assert len(dict.fromkeys(each.candidate.key for each in ledger.new)) == len(ledger.new)
    assert len(dict.fromkeys(each.candidate.melding_id for each in ledger.new)) == len(ledger.new)


@pytest.fixture(scope="module")
def meldinger(sender: Sender, oslo_sender: Sender) -> list[Candidate]:
    return [each.candidate() for each in (sender, oslo_sender, sender, oslo_sender, sender, oslo_sender)]


def _sent_as(candidate: Candidate, key: int) -> Candidate:
    submission = replace(candidate.admitted.submission, key=SenderKey(("native", f"key {key}")))
    return replace(candidate, admitted=replace(candidate.admitted, submission=submission))
