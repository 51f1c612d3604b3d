"""Meldinger sealed and written as HTTP requests before the clock starts: random bytes in the smallest size bucket."""

from dataclasses import dataclass

import msgspec

from libs.bench.exchange import Answer
from libs.bench.failed import BenchFailed
from libs.errors import StatementRefused
from libs.sender.client import API
from libs.sender.submission import Address, Content, Submission, build_submission
from libs.statements import Root
from libs.statements.payloads import Receipt
from libs.world import Ids

DOCUMENT_BYTES = 3_000
"""With what stands around it, this is padded to 4 KiB before it is sealed."""
HTTP_CREATED = 201


@dataclass(frozen=True, slots=True)
class Prepared:
    """One melding and the request that brings it."""

    submission: Submission
    request: bytes


class _Accepted(msgspec.Struct, frozen=True):
    receipt: str


def prepare(address: Address, count: int, ids: Ids, host: str) -> list[Prepared]:
    """Different meldinger to one receiver. Nobody can open a document of random bytes; nobody shall."""
    prepared = []
    for _ in range(count):
        submission = build_submission(address, Content("privat", "privat.v2", ids.token(DOCUMENT_BYTES)), ids)
        head = (
            f"POST {API}/meldinger HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(submission.body)}\r\n\r\n"
        )
        prepared.append(Prepared(submission, head.encode() + submission.body))
    return prepared


def receipt_in(answer: Answer, prepared: Prepared, root: Root) -> Receipt:
    """The receipt, verified to be for this melding: only then it counts. Raises BenchFailed."""
    if answer.status != HTTP_CREATED:
        raise BenchFailed(f"a melding was answered with {answer.status}: {answer.body[:300]!r}")
    try:
        statement = msgspec.json.decode(answer.body, type=_Accepted).receipt
        return prepared.submission.verified(statement, root)
    except (msgspec.MsgspecError, StatementRefused) as error:
        raise BenchFailed(f"a receipt does not hold: {error}") from error
