"""One instance for the stories that do no harm; those that kill take one of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.instance import Instance


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance, shared by the whole session."""
    running = Instance.up(tmp_path_factory.mktemp("instance") / "data")
    yield running
    running.down()


@pytest.fixture
def own_instance(tmp_path: Path) -> Iterator[Instance]:
    """A running instance that this story may break."""
    running = Instance.up(tmp_path / "data")
    yield running
    running.down()
