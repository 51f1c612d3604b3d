"""Fixtures for every suite: a real PostgreSQL for the session, and a database of one's own for each test."""

from collections.abc import Callable, Iterator

import pytest

from libs.db.config import DbConfig
from libs.testing.postgres import TestPostgres

DatabaseFactory = Callable[[str], DbConfig]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestPostgres]:
    """One throw-away instance, started when first asked for."""
    running = TestPostgres(tmp_path_factory.mktemp("postgres"))
    yield running
    running.close()


@pytest.fixture
def database(postgres: TestPostgres) -> Iterator[DatabaseFactory]:
    """`database("intake")`: a new database with that service's schema, as its own role; dropped after the test."""
    made: list[DbConfig] = []

    def make(service: str) -> DbConfig:
        made.append(postgres.database(service))
        return made[-1]

    yield make
    for config in made:
        postgres.drop(config)
