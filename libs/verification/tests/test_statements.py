"""A label or snapshot is true when its key was certified at the moment it says it was made."""

from datetime import timedelta

import pytest

from libs.errors import StatementRefused
from libs.statements import Typ, sign
from libs.statements.payloads import Label, Named, Numbered, timestamp
from libs.statements.snapshot import Snapshot
from libs.testing.trust import TestTrust, certify, new_key
from libs.testing.world import START
from libs.verification.statements import verified_label, verified_snapshot

LABEL = Label(
    tjeneste=Named("bergen", "Bergen barneverntjeneste"),
    kommune=Numbered("4601", "Bergen"),
    bydel=Numbered("00", ""),
    channel="own_node",
    custody="node",
    certificates=(),
    proof_keys=(),
    directory_version=1,
    issued_at=timestamp(START),
    fresh_until=timestamp(START),
    accept_until=timestamp(START),
)
SNAPSHOT = Snapshot(
    version=1, issued_at=timestamp(START), kommuner=(), endringer=(), postnummer=(), bydeler=(), tjenester=()
)
LATER = timestamp(START + timedelta(days=1))
MUCH_LATER = timestamp(START + timedelta(days=2))


async def test_statements_of_certified_keys_say_what_was_signed() -> None:
    trust = await TestTrust.new()
    assert verified_label(await sign(trust.label, Typ.LABEL, LABEL.encode()), trust.root) == LABEL
    assert verified_snapshot(await sign(trust.snapshot, Typ.SNAPSHOT, SNAPSHOT.encode()), trust.root) == SNAPSHOT


async def test_statements_made_outside_the_certified_time_are_refused() -> None:
    trust = await TestTrust.new()
    label_key = await certify(trust.root_key, new_key(), "label", LATER, MUCH_LATER)
    snapshot_key = await certify(trust.root_key, new_key(), "snapshot", LATER, MUCH_LATER)
    with pytest.raises(StatementRefused, match="does not cover"):
        verified_label(await sign(label_key, Typ.LABEL, LABEL.encode()), trust.root)
    with pytest.raises(StatementRefused, match="does not cover"):
        verified_snapshot(await sign(snapshot_key, Typ.SNAPSHOT, SNAPSHOT.encode()), trust.root)
