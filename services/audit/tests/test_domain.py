"""What audit decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import NotFound
from libs.tlog.tiles import EntryBundle, Tile
from services.audit.domain import check_served, fill_batches

COMMITMENTS = st.lists(st.binary(min_size=32, max_size=32), unique=True, max_size=70)


@given(COMMITMENTS, st.integers(1, 20))
def test_batches_are_always_whole(commitments: list[bytes], batch_size: int) -> None:
    padding = [b"padding %024d" % index for index in range(batch_size - 1)]
    entries = fill_batches(commitments, padding, batch_size)
    assert len(entries) % batch_size == 0
    assert len(entries) - len(commitments) < batch_size
    assert set(commitments) <= set(entries) <= {*commitments, *padding}


@given(COMMITMENTS, st.randoms())
def test_the_order_in_a_batch_does_not_tell_the_order_of_arrival(commitments: list[bytes], chance: object) -> None:
    shuffled = list(commitments)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    padding = [b"padding %024d" % index for index in range(15)]
    assert fill_batches(commitments, padding, 16) == fill_batches(shuffled, padding, 16)


def test_nothing_waiting_makes_no_batch() -> None:
    assert fill_batches([], [bytes(32)] * 15, 16) == []


def test_a_file_is_served_from_the_checkpoint_that_covers_it_on() -> None:
    for file in (Tile(0, 0, 3), EntryBundle(0, 3)):
        check_served(file, 3)
        check_served(file, 300)
        with pytest.raises(NotFound):
            check_served(file, 2)
    check_served(Tile(1, 0, 1), 256)
    with pytest.raises(NotFound):
        check_served(Tile(1, 0, 1), 255)
    with pytest.raises(NotFound):
        check_served(Tile(63, 10**17), 300)
