"""The root's certifications: made once, made anew in time, and never believed where they do not fit."""

from datetime import timedelta

import pytest

from libs.errors import Precondition
from libs.keystore import MemoryKeystore
from libs.statements import Typ, sign, verify
from libs.testing.world import START
from services.keys.fake import ORIGINS
from services.keys.keyring import Certifications, open_keyring, provision


async def test_what_the_certified_keys_sign_verifies_from_the_root() -> None:
    keystore = MemoryKeystore()
    root, certifications = await provision(keystore, START, None)

    keyring = await open_keyring(keystore, certifications, ORIGINS, START)

    label = await sign(keyring.label, Typ.LABEL, b"payload")
    snapshot = await sign(keyring.snapshot, Typ.SNAPSHOT, b"payload")
    for at in (START, START + timedelta(days=3650)):
        assert verify(label, Typ.LABEL, root, at=at) == verify(snapshot, Typ.SNAPSHOT, root, at=at) == b"payload"


async def test_provisioning_again_changes_nothing_until_half_the_time_is_gone() -> None:
    keystore = MemoryKeystore()
    root, first = await provision(keystore, START, None)

    assert await provision(keystore, START + timedelta(days=1800), first) == (root, first)
    _, renewed = await provision(keystore, START + timedelta(days=1850), first)
    assert renewed.label != first.label
    assert renewed.snapshot != first.snapshot


async def test_certifications_of_another_root_purpose_or_time_do_not_open_the_keyring() -> None:
    keystore, stranger = MemoryKeystore(), MemoryKeystore()
    _, good = await provision(keystore, START, None)
    _, foreign = await provision(stranger, START, None)
    swapped = Certifications(label=good.snapshot, snapshot=good.label)
    late = START + timedelta(days=4000)

    for certifications, at in ((foreign, START), (swapped, START), (good, late), (Certifications("", ""), START)):
        with pytest.raises(Precondition, match="provision the service"):
            await open_keyring(keystore, certifications, ORIGINS, at)
        _, anew = await provision(keystore, at, certifications)
        await open_keyring(keystore, anew, ORIGINS, at)


async def test_the_clock_being_behind_provisioning_opens_nothing() -> None:
    keystore = MemoryKeystore()
    _, certifications = await provision(keystore, START, None)

    await open_keyring(keystore, certifications, ORIGINS, START - timedelta(hours=23))
    with pytest.raises(Precondition):
        await open_keyring(keystore, certifications, ORIGINS, START - timedelta(hours=25))
