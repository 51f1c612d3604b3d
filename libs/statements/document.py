"""The receipt as a file for people: what it says, readable, beside the statement that proves it.

The file has one form, byte for byte, so that a change of any byte is noticed: `innhold` must be what `kvittering` says,
and the whole must be written as this module writes it.
"""

import json

import msgspec

from libs.errors import StatementRefused
from libs.statements.envelope import Root, Typ, peek, verify_as
from libs.statements.payloads import Receipt

FORMAT = "samvern-kvittering-1"
MAX_DOCUMENT_BYTES = 64 * 1024


def receipt_document(statement: str) -> bytes:
    """The receipt file of a receipt statement. Not a verification."""
    fields = {"format": FORMAT, "innhold": json.loads(peek(statement)), "kvittering": statement}
    return (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode()


def verify_document(document: bytes, root: Root) -> Receipt:
    """What the receipt says, once every byte of the file is found to be true. Raises StatementRefused."""
    statement = statement_of(document)
    return verify_as(statement, Typ.RECEIPT, root, Receipt, lambda receipt: receipt.received_at)


def statement_of(document: bytes) -> str:
    """The statement in a receipt file that is in its one form. Raises StatementRefused."""
    if len(document) > MAX_DOCUMENT_BYTES:
        raise StatementRefused(f"a receipt is at most {MAX_DOCUMENT_BYTES} bytes")
    try:
        statement = msgspec.json.decode(document, type=_Document).kvittering
        expected = receipt_document(statement)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StatementRefused("this is not a receipt of Samvern") from error
    if document != expected:
        raise StatementRefused("the receipt's readable text is not what its signed statement says")
    return statement


class _Document(msgspec.Struct, frozen=True):
    kvittering: str
