"""A portal for tests: the native API over httpx's mock transport, accepting by idempotency key as intake does."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import httpx

from libs.sender.client import NativeClient
from libs.sender.submission import Submission
from libs.statements import Typ, sign
from libs.statements.envelope import b64
from libs.statements.payloads import Named, Numbered, Receipt
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust

T = TypeVar("T")
Fault = Callable[[], httpx.Response | None]
"""Raises, or answers in place of the portal; None lets the call pass."""


def passed() -> None:
    """No fault."""


def refusal(status: int, reason: str, **more: object) -> httpx.Response:
    """An error as the gateway writes it."""
    problem = {"reason": reason, "message": f"Norsk setning om {reason}.", "detail": f"about {reason}", **more}
    return httpx.Response(status, json={"error": problem})


def done(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")


@dataclass
class Portal:
    """Answers labels and submissions; `before` and `after` are faults of the submissions to come, in order."""

    trust: TestTrust
    receiver: TestReceiver
    before: list[Fault] = field(default_factory=list)
    after: list[Fault] = field(default_factory=list)
    accepted: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digest and receipt by idempotency key."""
    calls: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    """Files of the logs, by path."""
    steps: list[dict[str, str]] = field(default_factory=list)
    """What the status tells after "accepted"."""
    lookups: dict[str, str] = field(default_factory=dict)
    """Receipt by lookup id."""

    @classmethod
    def new(cls, receiver: TestReceiver) -> Self:
        """A portal that nothing fails at."""
        return cls(done(TestTrust.new()), receiver)

    def client(self) -> NativeClient:
        """A client that trusts its root."""
        return NativeClient(
            httpx.Client(base_url="http://portal.test", transport=httpx.MockTransport(self._answer)), self.trust.root
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path in self.files:
            return httpx.Response(200, content=self.files[request.url.path])
        if request.url.path == "/api/native/v1/status":
            return self._status(request.content)
        if request.url.path.startswith("/log/"):
            return httpx.Response(404)
        if request.method == "GET":
            return httpx.Response(200, json={"label": done(self.receiver.label(self.trust))})
        self.calls += 1
        before = self.before.pop(0)() if self.before else None
        if before is not None:
            return before
        answer = self._accept(request.content)
        after = self.after.pop(0)() if self.after else None
        return after or answer

    def _accept(self, body: bytes) -> httpx.Response:
        submission = Submission.restored(body)
        digest = submission.digest.hex()
        if submission.idempotency_key in self.accepted:
            known, receipt = self.accepted[submission.idempotency_key]
            if known != digest:
                return refusal(409, "KEY_CONFLICT")
            return httpx.Response(200, json={"receipt": receipt})
        payload = receipt_of(submission, number=len(self.accepted) + 1, is_urgent="is_urgent" in json.loads(body))
        receipt = done(sign(self.trust.receipt, Typ.RECEIPT, payload.encode()))
        self.accepted[submission.idempotency_key] = (digest, receipt)
        self.lookups[json.loads(body)["lookup_id"]] = receipt
        return httpx.Response(201, json={"receipt": receipt})

    def _status(self, question: bytes) -> httpx.Response:
        receipt = self.lookups.get(json.loads(question)["lookup_id"])
        if receipt is None:
            return refusal(404, "NOT_FOUND")
        steps = [{"step": "accepted", "at": "2026-11-22T09:00:00Z"}, *self.steps]
        return httpx.Response(200, json={"receipt": receipt, "copies": 2, "steps": steps})


def receipt_of(submission: Submission, *, number: int = 1, is_urgent: bool = False) -> Receipt:
    """What intake says of an accepted submission."""
    return Receipt(
        reference="SV-VAR1-WQ7D-9",
        melding_id=str(submission.melding_id),
        tjeneste=Named("bergen", "Bergen barneverntjeneste"),
        kommune=Numbered("4601", "Bergen"),
        bydel=Numbered("00", "Bergen"),
        type="privat",
        suite="jwe",
        digest=b64(submission.digest.value),
        parts=(),
        epoch=1,
        number=number,
        received_at="2026-11-22T09:00:00Z",
        held_by="intake",
        copies=1,
        durability="one disk",
        readers=("node:bergen",),
        feedback_due="2026-12-13",
        label_is_stale=False,
        is_urgent=is_urgent,
    )
