"""A database with the tests' own schema."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.db.config import DbConfig
from libs.testing.postgres import TestPostgres


@pytest.fixture
def counting(postgres: TestPostgres) -> Iterator[DbConfig]:
    """The database of a service called counting."""
    config = postgres.database("counting", Path(__file__).parent / "migrations")
    yield config
    postgres.drop(config)
