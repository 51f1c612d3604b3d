"""What keys is willing to sign."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.errors import Malformed, Precondition
from libs.statements.payloads import Named, Numbered, ProofKey
from libs.statements.snapshot import ServedPlace, Snapshot
from libs.tlog.hashes import EMPTY_ROOT, leaf_hash
from libs.tlog.tree import Growth as Growing
from libs.tlog.tree import consistency_proof, root
from services.keys.domain import Growth, Tree, check_label, check_snapshot, next_tree, receipt_certification
from services.keys.store import NOTHING_SIGNED
from services.keys.tests.conftest import Payloads

LOG = Growing(0)
for number in range(600):
    LOG.append(leaf_hash(str(number).encode()))


def tree(size: int) -> Tree:
    return Tree(size, root(size, LOG.read))


def growth(old_size: int, new_size: int) -> Growth:
    return Growth(tree(new_size), old_size, tuple(consistency_proof(old_size, new_size, LOG.read)))


@given(st.integers(0, 600), st.integers(0, 600))
def test_a_tree_that_grows_from_the_last_one_signed_follows_it(one: int, other: int) -> None:
    old, new = sorted((one, other))

    assert next_tree(tree(old), growth(old, new)) == tree(new)


@given(st.integers(1, 600), st.integers(0, 600), st.data())
def test_a_tree_that_forgets_changes_or_reorders_leaves_is_refused(size: int, asked: int, data: st.DataObject) -> None:
    other_history = Tree(size, leaf_hash(b"another history"))
    small, large = sorted((size, asked))

    with pytest.raises(Precondition):
        next_tree(other_history, growth(small, large))
    if small < large:
        with pytest.raises(Precondition):
            next_tree(tree(large), Growth(tree(small), large, ()))
        proof = list(growth(small, large).consistency)
        if proof:
            proof[data.draw(st.integers(0, len(proof) - 1))] = bytes(32)
            with pytest.raises(Precondition):
                next_tree(tree(small), Growth(tree(large), small, tuple(proof)))


def test_asking_again_for_the_last_tree_signed_is_granted_with_the_proof_of_then() -> None:
    asked = growth(8, 16)

    assert next_tree(next_tree(tree(8), asked), asked) == tree(16)


def test_a_proof_from_another_size_than_the_last_signed_is_refused_and_told_the_size() -> None:
    with pytest.raises(Precondition, match="got a proof from 8 leaves, expected one from 16"):
        next_tree(tree(16), growth(8, 20))


def test_the_first_tree_needs_no_proof_and_an_empty_one_has_the_empty_root() -> None:
    assert next_tree(NOTHING_SIGNED, Growth(tree(5), 0, ())) == tree(5)
    assert next_tree(NOTHING_SIGNED, Growth(Tree(0, EMPTY_ROOT), 0, ())) == NOTHING_SIGNED
    with pytest.raises(Precondition):
        next_tree(NOTHING_SIGNED, Growth(Tree(0, bytes(32)), 0, ()))


def test_a_receipt_key_is_certified_from_an_outage_ago_for_thirty_days() -> None:
    certification = receipt_certification(bytes(32), datetime(2026, 11, 22, 9, tzinfo=UTC))

    assert certification.purpose == "receipt"
    assert (certification.valid_from, certification.valid_to) == ("2026-11-15T09:00:00Z", "2026-12-22T09:00:00Z")


def test_a_whole_label_and_a_whole_snapshot_are_accepted(payloads: Payloads) -> None:
    check_label(payloads.label.encode())
    check_snapshot(payloads.snapshot.encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"tjeneste": Named("../bergen", "Bergen")},
        {"tjeneste": Named("bergen", "to\nlinjer")},
        {"tjeneste": Named("bergen", " ")},
        {"kommune": Numbered("460", "Bergen")},
        {"bydel": Numbered("1", "Arna")},
        {"certificates": ()},
        {"proof_keys": (ProofKey("another", "A" * 43),)},
        {"proof_keys": (ProofKey("short", "AAAA"),)},
        {"directory_version": 0},
        {"issued_at": "2026-11-22"},
        {"fresh_until": "2026-11-21T09:00:00Z"},
        {"accept_until": "2026-11-22T09:00:00Z"},
        {"accept_until": "2028-11-01T00:00:01Z"},
    ],
)
def test_a_label_that_cannot_be_right_is_refused(payloads: Payloads, changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        check_label(replace(payloads.label, **changes).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "print"},
        {"key_id": "A" * 43},
        {"der": "AAAA"},
        {"der": "A" * 20_000},
        {"der": "="},
        {"log_index": -1},
    ],
)
def test_a_certificate_that_does_not_fit_its_key_id_or_purpose_is_refused(
    payloads: Payloads, changes: dict[str, Any]
) -> None:
    certificates = (replace(payloads.label.certificates[0], **changes),)
    tjeneste = replace(payloads.snapshot.tjenester[0], certificates=certificates)

    with pytest.raises(Malformed):
        check_label(replace(payloads.label, certificates=certificates).encode())
    with pytest.raises(Malformed):
        check_snapshot(replace(payloads.snapshot, tjenester=(tjeneste,)).encode())


def _two_tjenester_at_one_place(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, tjenester=(*snapshot.tjenester, replace(snapshot.tjenester[0], id="another")))


def _served(snapshot: Snapshot, *places: ServedPlace) -> Snapshot:
    return replace(snapshot, tjenester=(replace(snapshot.tjenester[0], places=places),))


@pytest.mark.parametrize(
    "change",
    [
        lambda snapshot: replace(snapshot, version=0),
        lambda snapshot: replace(snapshot, issued_at="now"),
        lambda snapshot: replace(snapshot, kommuner=snapshot.kommuner * 2),
        lambda snapshot: replace(snapshot, bydeler=snapshot.bydeler * 2),
        lambda snapshot: replace(snapshot, tjenester=snapshot.tjenester * 2),
        _two_tjenester_at_one_place,
        _served,
        lambda snapshot: _served(snapshot, ServedPlace("9999", "00")),
        lambda snapshot: _served(snapshot, ServedPlace("4601", "0")),
        lambda snapshot: _served(snapshot, ServedPlace("4601", "00"), ServedPlace("4601", "00")),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(payloads: Payloads, change: Any) -> None:
    with pytest.raises(Malformed):
        check_snapshot(change(payloads.snapshot).encode())


def test_another_encoding_or_another_type_of_payload_is_refused(payloads: Payloads) -> None:
    encoded = payloads.label.encode()
    repeated = encoded[:-1] + b',"v":1}'

    for payload in (
        encoded + b" ",
        b" " + encoded,
        repeated,
        payloads.snapshot.encode(),
        b"",
        b"{}",
        b"\xff",
        b"[" * 9999,
    ):
        with pytest.raises(Malformed):
            check_label(payload)
    with pytest.raises(Malformed):
        check_snapshot(encoded)
