"""A store of either kind, and heads to put into it."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from libs.db.database import Database
from libs.sealing.digest import PartDigest, melding_digest
from libs.testing.pytest_plugin import DatabaseFactory
from libs.testing.world import SeededIds
from libs.values import MeldingId, TjenesteId
from services.delivery.domain import Head, Number
from services.delivery.store.contract import Registered, Store
from services.delivery.store.memory import MemoryStore
from services.delivery.store.postgres import PostgresStore

BERGEN = TjenesteId("bergen")
SALT = bytes(32)


def sealed_of(number: int) -> bytes:
    """The sealed bytes of the only part."""
    return hashlib.sha256(str(number).encode()).digest() * 100


def head(number: int, receiver: TjenesteId = BERGEN, position: int | None = None) -> Head:
    """A head whose part is sealed_of(number)."""
    ids = SeededIds(number + 1000 * len(str(receiver)))
    melding_id = MeldingId(str(ids.uuid4()))
    part = PartDigest.of("case", "key", sealed_of(number))
    digest = melding_digest("jwe", melding_id, receiver, "privat", [part])
    return Head(Number(receiver, 1, number), position or number, melding_id, digest, f"receipt {number}", (part,), "")


def registered(*numbers: int) -> list[Registered]:
    """Heads with these numbers, ready to register."""
    return [Registered(head(number), SALT) for number in numbers]


@pytest.fixture
async def postgres_store(database: DatabaseFactory) -> AsyncIterator[PostgresStore]:
    async with Database.open(database("delivery")) as opened:
        yield PostgresStore(opened)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    stored: PostgresStore = request.getfixturevalue("postgres_store")
    return stored
