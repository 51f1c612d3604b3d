"""A proof counts by the key that the snapshot names for its receiver, and waits while none is known."""

import pytest

from libs.errors import StatementRefused, Unavailable
from libs.statements import SigningKey, Typ, sign
from libs.statements.envelope import b64, kid_of
from libs.statements.payloads import Proof, ProofKey, timestamp
from libs.statements.snapshot import Snapshot, Tjeneste
from libs.testing.trust import new_key
from libs.testing.world import START
from libs.verification.proofs import ProofKeys

PROOF = Proof(
    kind="stored",
    receiver="bergen",
    epoch=1,
    number=3,
    melding_id="5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11",
    digest=b64(bytes(32)),
    at=timestamp(START),
)


def keys_of(**keys: SigningKey) -> ProofKeys:
    tjenester = tuple(
        Tjeneste(
            id=name.replace("_", "-"),
            navn=name,
            channel="own_node",
            custody="node",
            places=(),
            certificates=(),
            proof_keys=(ProofKey(kid_of(key.public_key), b64(key.public_key)),),
            telefon="",
            is_demo=True,
            standard_bydel="",
        )
        for name, key in keys.items()
    )
    return ProofKeys(
        Snapshot(
            version=1,
            issued_at=timestamp(START),
            kommuner=(),
            endringer=(),
            postnummer=(),
            bydeler=(),
            tjenester=tjenester,
        )
    )


async def test_a_proof_by_the_receivers_key_says_what_was_signed() -> None:
    key = new_key()
    assert keys_of(bergen=key).verified(await sign(key, Typ.PROOF, PROOF.encode())) == PROOF


async def test_a_proof_by_another_receivers_key_waits_for_a_snapshot_that_names_it() -> None:
    key, other = new_key(), new_key()
    with pytest.raises(Unavailable):
        keys_of(bergen=other, indre_sogn=key).verified(await sign(key, Typ.PROOF, PROOF.encode()))


async def test_a_proof_with_a_wrong_signature_is_refused() -> None:
    key = new_key()
    proof = await sign(key, Typ.PROOF, PROOF.encode())
    with pytest.raises(StatementRefused):
        keys_of(bergen=key).verified(proof[:-86] + "A" * 86)


@pytest.mark.parametrize("statement", ["", "a.b.c", "e30.e30." + "A" * 86])
async def test_what_is_no_proof_is_refused(statement: str) -> None:
    with pytest.raises(StatementRefused):
        keys_of(bergen=new_key()).verified(statement)
