"""Sending until there is a verified receipt or a clear no, always with the same bytes and key."""

from collections.abc import Callable
from datetime import datetime

import tenacity

from libs.errors import (
    DigestMismatch,
    LabelRefused,
    Malformed,
    OutcomeUnknown,
    Overloaded,
    SamvernError,
    SealMalformed,
    TimedOut,
    TooLarge,
    Unavailable,
)
from libs.sealing.secret import SECRET_BYTES, ReporterSecret
from libs.sender.client import Accepted, NativeClient
from libs.sender.outbox import Intent, Kept, Outbox
from libs.sender.submission import Address, Content, build_submission
from libs.values import Place
from libs.world import Ids

ATTEMPTS = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 8.0

_PASSING = (OutcomeUnknown, Unavailable, Overloaded, TimedOut)
_NOTHING_WAS_ACCEPTED = (Malformed, TooLarge, LabelRefused, DigestMismatch, SealMalformed)

Check = Callable[[Address], None]
"""What the sender wants to know of an address before sealing to it; raises one of our errors to refuse."""
Received = Callable[[Accepted, ReporterSecret], None]
"""Makes a verified receipt and the reporter's secret durable. Until it has returned, a repeat gives the same ones."""


def send(
    client: NativeClient,
    outbox: Outbox,
    place: Place,
    content: Content,
    *,
    now: datetime,
    ids: Ids,
    check: Check,
    received: Received,
    key: str | None = None,
    is_urgent: bool = False,
    sleep: Callable[[float], None],
) -> None:
    """The melding is accepted, by a verified receipt, which was handed on. Safe to repeat with the same input.

    Raises what the portal refused with; after OutcomeUnknown and its like, the next run repeats the same submission.
    """
    intent = _intent(place, content, key, is_urgent=is_urgent)
    kept = outbox.find(intent)
    if kept is None:
        address = _retrying(sleep)(client.address, str(place.kommune), str(place.bydel), now)
        check(address)
        secret = ReporterSecret(ids.token(SECRET_BYTES))
        made = build_submission(address, content, ids, secret, is_urgent=is_urgent, idempotency_key=key)
        kept = outbox.keep(intent, Kept(made, secret))
    try:
        accepted = _retrying(sleep)(client.submit, kept.submission)
        received(accepted, kept.secret)
    except _NOTHING_WAS_ACCEPTED:
        outbox.forget(intent)
        raise
    else:
        if key is None:
            outbox.forget(intent)
    finally:
        outbox.release()


def _intent(place: Place, content: Content, key: str | None, *, is_urgent: bool) -> Intent:
    fields = [str(place).encode(), b"urgent" if is_urgent else b"", content.document, *content.attachments]
    return Intent.of(fields, key)


def _retrying(sleep: Callable[[float], None]) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_PASSING),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )


def _wait(state: tenacity.RetryCallState) -> float:
    """Exponential, and at least as long as the portal asked for."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after_seconds if isinstance(error, SamvernError) else None
    exponential: float = FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1)
    return min(max(exponential, asked or 0.0), LONGEST_WAIT_SECONDS)
