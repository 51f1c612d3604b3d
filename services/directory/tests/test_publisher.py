"""What is believed of keys."""

import pytest

from libs.errors import StatementRefused, Unavailable
from libs.statements import SigningKey, Typ, sign
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.trust import TestTrust
from libs.testing.world import START, FakeClock
from services.directory.publisher import Publisher
from services.directory.store import Store
from services.directory.tables import Tables


class Keys:
    """Signs what it likes, with a key it likes."""

    def __init__(self, key: SigningKey, payload: bytes | None = None) -> None:
        self._key = key
        self._payload = payload

    async def sign_snapshot(self, payload: bytes) -> str:
        """A statement."""
        return await sign(self._key, Typ.SNAPSHOT, payload if self._payload is None else self._payload)


def publisher(store: Store, keys: Keys, trust: TestTrust) -> Publisher:
    return Publisher(store, keys, trust.root, FakeClock(), NoTelemetry())


async def test_a_snapshot_signed_by_keys_is_published(store: Store, tables: Tables) -> None:
    trust = await TestTrust.new()
    await store.load_tables(tables, START)
    assert await publisher(store, Keys(trust.snapshot), trust).publish() == 1
    assert await store.newest_statement(0) is not None


async def test_what_does_not_verify_from_the_root_is_not_published(store: Store, tables: Tables) -> None:
    trust, stranger = await TestTrust.new(), await TestTrust.new()
    await store.load_tables(tables, START)
    for keys in (Keys(stranger.snapshot), Keys(trust.label), Keys(trust.snapshot, b"{}")):
        with pytest.raises(StatementRefused):
            await publisher(store, keys, trust).publish()
    with pytest.raises(Unavailable):
        await store.newest_statement(0)
