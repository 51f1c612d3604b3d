"""Where to go on, and what contradicts."""

from datetime import datetime, timedelta

import pytest

from libs.statements.payloads import SequenceHead, timestamp
from libs.testing.world import START
from services.delivery_node.counting import EpochCount, HeadNews, compare_heads, cursor
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import conclusion_due


def head(last_number: int, minutes: int = 0) -> SequenceHead:
    at = timestamp(START + timedelta(minutes=minutes))
    return SequenceHead(receiver="fjellvik", epoch=1, last_number=last_number, at=at)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], (0, 0)),
        ([EpochCount(1, known=3, unbroken=3, highest=3, announced=0)], (1, 3)),
        ([EpochCount(1, known=3, unbroken=2, highest=4, announced=0)], (1, 2)),
        ([EpochCount(1, 3, 3, 3, announced=3), EpochCount(2, 1, 1, 1, announced=0)], (2, 1)),
        ([EpochCount(2, 1, 1, 1, announced=0), EpochCount(1, 3, 3, 3, announced=4)], (1, 3)),
    ],
)
def test_one_goes_on_below_the_oldest_hole(counts: list[EpochCount], expected: tuple[int, int]) -> None:
    assert cursor(counts) == MeldingNumber(*expected)


def test_a_withheld_tail_is_missing() -> None:
    assert EpochCount(1, known=3, unbroken=3, highest=3, announced=5).missing == 2


@pytest.mark.parametrize(
    ("known", "new", "news"),
    [
        (None, head(0), HeadNews.NEW),
        (head(3), head(3), HeadNews.OLD),
        (head(3), head(3, minutes=60), HeadNews.NEW),
        (head(3), head(4, minutes=60), HeadNews.NEW),
        (head(3), head(2, minutes=60), HeadNews.WENT_BACK),
        (head(3, minutes=60), head(2), HeadNews.OLD),
        (head(3, minutes=60), head(4), HeadNews.WENT_BACK),
    ],
)
def test_sequence_heads_may_only_grow(known: SequenceHead | None, new: SequenceHead, news: HeadNews) -> None:
    assert compare_heads(known, new) is news


def test_the_week_is_counted_in_norwegian_days() -> None:
    late_evening_in_norway = datetime.fromisoformat("2026-11-22T23:30:00+00:00")
    assert conclusion_due(late_evening_in_norway).isoformat() == "2026-11-30"
