"""A statement is accepted as the very bytes that a certified key signed, and in no other form."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.errors import StatementRefused
from libs.statements import Root, SigningKey, Typ, sign, verify, verify_proof
from libs.statements.document import receipt_document, verify_document
from libs.statements.envelope import b64, kid_of, unb64
from libs.statements.payloads import Named, Numbered, Part, Proof, Receipt, SequenceHead, decode
from libs.testing.trust import TestTrust, certify, new_key

HEAD = SequenceHead(receiver="bergen", epoch=1, last_number=3, at="2026-11-22T09:00:00Z")
PROOF = Proof(
    kind="stored", receiver="bergen", epoch=1, number=3, melding_id="m", digest="d", at="2026-11-22T09:00:00Z"
)
RECEIPT = Receipt(
    reference="SV-VAR1-WQ7D-9",
    melding_id="5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11",
    tjeneste=Named("bergen", "Bergen barneverntjeneste"),
    kommune=Numbered("4601", "Bergen"),
    bydel=Numbered("00", "Bergen"),
    type="privat",
    suite="jwe",
    digest=b64(bytes(32)),
    parts=(Part("case", "k", b64(bytes(32)), 4096),),
    epoch=1,
    number=1,
    received_at="2026-11-22T09:00:00Z",
    held_by="intake",
    copies=1,
    durability="one disk",
    readers=("node:bergen",),
    feedback_due="2026-12-13",
    label_is_stale=False,
    is_urgent=False,
)


@pytest.fixture
async def trust() -> TestTrust:
    return await TestTrust.new()


@pytest.fixture
async def document(trust: TestTrust) -> bytes:
    return receipt_document(await sign(trust.receipt, Typ.RECEIPT, RECEIPT.encode()))


async def test_a_certified_statement_says_what_was_signed(trust: TestTrust) -> None:
    statement = await sign(trust.receipt, Typ.SEQUENCE_HEAD, HEAD.encode())
    assert decode(verify(statement, Typ.SEQUENCE_HEAD, trust.root), SequenceHead) == HEAD


async def test_signing_again_gives_the_same_bytes(trust: TestTrust) -> None:
    first = await sign(trust.receipt, Typ.RECEIPT, RECEIPT.encode())
    assert await sign(trust.receipt, Typ.RECEIPT, RECEIPT.encode()) == first


async def test_a_statement_of_another_type_is_refused(trust: TestTrust) -> None:
    statement = await sign(trust.receipt, Typ.RECEIPT, RECEIPT.encode())
    with pytest.raises(StatementRefused):
        verify(statement, Typ.SEQUENCE_HEAD, trust.root)


async def test_a_key_certified_for_another_purpose_is_refused(trust: TestTrust) -> None:
    statement = await sign(trust.label, Typ.RECEIPT, RECEIPT.encode())
    with pytest.raises(StatementRefused, match="not certified"):
        verify(statement, Typ.RECEIPT, trust.root)


async def test_an_uncertified_key_is_refused(trust: TestTrust) -> None:
    stranger = new_key()
    borrowed = SigningKey(stranger.public_key, stranger.sign, trust.receipt.certification)
    other_root = await certify(new_key(), new_key(), "receipt")
    for key in (stranger, borrowed, other_root):
        statement = await sign(key, Typ.RECEIPT, RECEIPT.encode())
        with pytest.raises(StatementRefused):
            verify(statement, Typ.RECEIPT, trust.root)


async def test_the_certification_must_cover_the_moment(trust: TestTrust) -> None:
    statement = await sign(trust.receipt, Typ.RECEIPT, RECEIPT.encode())
    with pytest.raises(StatementRefused, match="moment"):
        verify(statement, Typ.RECEIPT, trust.root, at=datetime(2040, 1, 1, tzinfo=UTC))


async def test_a_proof_needs_a_key_the_directory_names() -> None:
    node = new_key()
    statement = await sign(node, Typ.PROOF, PROOF.encode())
    assert verify_proof(statement, {kid_of(node.public_key): node.public_key}) == PROOF
    with pytest.raises(StatementRefused):
        verify_proof(statement, {"other": node.public_key})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
async def test_a_receipt_with_any_byte_changed_is_refused(
    trust: TestTrust, document: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(document) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != document[at]))
    with pytest.raises(StatementRefused):
        verify_document(document[:at] + bytes([byte]) + document[at + 1 :], trust.root)


async def test_a_true_receipt_is_accepted_and_its_readable_text_cannot_differ(
    trust: TestTrust, document: bytes
) -> None:
    assert verify_document(document, trust.root) == RECEIPT
    fields = json.loads(document)
    fields["innhold"]["tjeneste"]["navn"] = "En annen"
    with pytest.raises(StatementRefused, match="readable text"):
        verify_document((json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode(), trust.root)


async def test_a_receipt_signed_again_by_an_uncertified_key_is_refused(trust: TestTrust) -> None:
    stranger = new_key()
    signed_again = SigningKey(stranger.public_key, stranger.sign, trust.receipt.certification)
    document = receipt_document(await sign(signed_again, Typ.RECEIPT, RECEIPT.encode()))
    with pytest.raises(StatementRefused):
        verify_document(document, trust.root)


def test_root_document_round_trips() -> None:
    root = Root(new_key().public_key)
    assert Root.decode(root.encode()) == root
    with pytest.raises(StatementRefused):
        Root.decode(b"{}")


@given(st.text(alphabet="AQgw_-=+/", max_size=8))
def test_base64url_has_one_form(text: str) -> None:
    with contextlib.suppress(StatementRefused):
        assert b64(unb64(text)) == text
