"""The failure table: whatever dies between two effects, the logs go on and no two histories are signed."""

from collections.abc import Sequence
from typing import Any

import pytest

from libs.errors import OutcomeUnknown, StatementRefused, Unavailable
from libs.telemetry.telemetry import NoTelemetry
from libs.tlog.checkpoint import open_checkpoint
from services.audit.domain import LogName, Signing
from services.audit.fake import LocalSigner
from services.audit.memory import MemoryStore
from services.audit.publisher import Publisher


class Dying:
    """Passes calls on; the call with number `at` dies before or after its effect."""

    def __init__(self, at: int, *, is_after: bool) -> None:
        self._left = at
        self._is_after = is_after

    def around(self, target: Any) -> Any:
        dying = self

        class Proxy:
            def __getattr__(self, name: str) -> Any:
                async def call(*arguments: Any) -> Any:
                    dying._left -= 1
                    if dying._left == 0 and not dying._is_after:
                        raise Unavailable("died before")
                    result = await getattr(target, name)(*arguments)
                    if dying._left == 0:
                        raise OutcomeUnknown("died after")
                    return result

                return call

        return Proxy()

    @property
    def has_died(self) -> bool:
        return self._left <= 0


@pytest.mark.parametrize("is_after", [False, True])
async def test_a_death_at_any_effect_is_made_good_by_the_next_round(*, is_after: bool) -> None:
    at, has_died = 0, True
    while has_died:
        at += 1
        store, signer, dying = MemoryStore(), LocalSigner(), Dying(at, is_after=is_after)
        dead = Publisher(dying.around(store), dying.around(signer), signer.keys, NoTelemetry())
        alive = Publisher(store, signer, signer.keys, NoTelemetry())
        await alive.publish_all()
        try:
            await dying.around(store).append_key_entry(b"first")
            await dead.publish("keys", 1)
        except (Unavailable, OutcomeUnknown):
            pass
        has_died = dying.has_died
        await store.append_key_entry(b"while it was dead")
        await store.append_key_entry(b"first")
        head = open_checkpoint(await alive.publish("keys", 2), signer.keys["keys"])
        assert head.size == 2
    assert at > 5


async def test_two_publishers_at_once_do_no_harm() -> None:
    store, signer = MemoryStore(), LocalSigner()
    one = Publisher(store, Slow(signer, store), signer.keys, NoTelemetry())
    await store.append_key_entry(b"a")
    await one.publish("keys", 1)
    assert (await store.load_state("keys")).signed_size == 2


class Slow:
    """A signer that is overtaken: before it answers, another process publishes this and the next entry."""

    def __init__(self, signer: LocalSigner, store: MemoryStore) -> None:
        self._signer = signer
        self._store = store
        self._is_first = True

    async def sign(self, log: LogName, signing: Signing, root: bytes, consistency: Sequence[bytes]) -> str:
        if self._is_first:
            self._is_first = False
            other = Publisher(self._store, self._signer, self._signer.keys, NoTelemetry())
            await other.publish(log, signing.size)
            await self._store.append_key_entry(b"b")
            await other.publish(log, 2)
        return await self._signer.sign(log, signing, root, consistency)


async def test_a_tree_that_is_not_the_one_signed_before_is_never_published() -> None:
    signer = LocalSigner()
    before = Publisher(store := MemoryStore(), signer, signer.keys, NoTelemetry())
    await store.append_key_entry(b"a")
    await store.append_key_entry(b"b")
    await before.publish_all()
    restored = MemoryStore()
    await restored.append_key_entry(b"a")
    with pytest.raises(Unavailable):
        await Publisher(restored, signer, signer.keys, NoTelemetry()).publish_all()
    assert (await restored.load_state("keys")).checkpoint is None


async def test_what_another_key_signed_is_not_published() -> None:
    store, signer, other = MemoryStore(), LocalSigner(), LocalSigner()
    keys = {log: type(key)(key.name, bytes(31) + b"\x01") for log, key in other.keys.items()}
    with pytest.raises(StatementRefused):
        await Publisher(store, signer, keys, NoTelemetry()).publish_all()
    assert (await store.load_state("keys")).checkpoint is None


async def test_an_answer_about_another_tree_is_not_published() -> None:
    class Confused(LocalSigner):
        async def sign(self, log: LogName, signing: Signing, root: bytes, consistency: Sequence[bytes]) -> str:
            return await super().sign(log, Signing(0, 1), bytes(32), [])

    store, signer = MemoryStore(), Confused()
    with pytest.raises(Unavailable):
        await Publisher(store, signer, signer.keys, NoTelemetry()).publish_all()
    assert (await store.load_state("keys")).checkpoint is None
