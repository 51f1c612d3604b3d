"""The keeper, round by round, over processes that only pretend."""

import pytest

from libs.cli.keeper import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, STEADY_SECONDS, STOP_SECONDS, Keeper
from libs.testing.world import FakeClock


class FakeUnit:
    """A process that ends when it is told to."""

    def __init__(self, name: str = "intake") -> None:
        self.name = name
        self.pid: int | None = None
        self.heard: list[str] = []

    def launch(self) -> None:
        self.pid = len(self.heard) + 1
        self.heard.append("launch")

    def ask_to_stop(self) -> None:
        self.heard.append("ask to stop")

    def kill(self) -> None:
        self.heard.append("kill")
        self.pid = None


class Scene:
    """A keeper of one unit."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.changes = 0
        self.keeper = Keeper(self.clock, self._changed)
        self.unit = FakeUnit()
        self.keeper.add(self.unit)

    def _changed(self) -> None:
        self.changes += 1

    def rounds(self, seconds: float = 0.0) -> list[str]:
        """What the unit heard within this time."""
        before = len(self.unit.heard)
        for _ in range(round(seconds / 0.1)):
            self.keeper.look_once()
            self.clock.advance(0.1)
        self.keeper.look_once()
        return self.unit.heard[before:]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_nothing_starts_before_it_is_wanted(scene: Scene) -> None:
    assert scene.rounds(5) == []


def test_what_is_wanted_is_started_once(scene: Scene) -> None:
    scene.keeper.want("intake")
    assert scene.rounds(5) == ["launch"]


def test_a_killed_process_is_started_again_after_a_short_wait(scene: Scene) -> None:
    scene.keeper.want("intake")
    scene.rounds(STEADY_SECONDS + 1)
    scene.unit.pid = None
    assert scene.rounds() == []
    assert scene.rounds(FIRST_WAIT_SECONDS + 0.1) == ["launch"]


def test_a_process_that_keeps_ending_is_started_ever_more_slowly(scene: Scene) -> None:
    scene.keeper.want("intake")
    starts = 0
    for _ in range(600):
        starts += len(scene.rounds(0.1))
        scene.unit.pid = None
    assert 60 / LONGEST_WAIT_SECONDS < starts < 60 / LONGEST_WAIT_SECONDS + 8


def test_a_steady_process_that_ends_waits_no_longer_than_the_first_time(scene: Scene) -> None:
    scene.keeper.want("intake")
    for _ in range(100):
        scene.rounds(0.1)
        scene.unit.pid = None
    scene.rounds(STEADY_SECONDS + LONGEST_WAIT_SECONDS)
    scene.unit.pid = None
    scene.rounds()
    assert scene.rounds(FIRST_WAIT_SECONDS + 0.1) == ["launch"]


def test_what_is_not_wanted_any_more_is_asked_once_and_then_killed(scene: Scene) -> None:
    scene.keeper.want("intake")
    scene.rounds(1)
    scene.keeper.want("intake", is_wanted=False)
    assert scene.rounds(STOP_SECONDS - 1) == ["ask to stop"]
    assert scene.rounds(2) == ["kill"]
    assert scene.rounds(10) == []


def test_every_start_and_end_is_told(scene: Scene) -> None:
    scene.keeper.want("intake")
    scene.rounds(1)
    scene.unit.pid = None
    scene.rounds()
    assert scene.changes == 2


def test_wanting_what_is_wanted_already_does_not_shorten_a_wait(scene: Scene) -> None:
    scene.keeper.want("intake")
    for _ in range(100):
        scene.rounds(0.1)
        scene.unit.pid = None
    scene.rounds()
    scene.keeper.want("intake")
    assert scene.rounds(0.1) == []
