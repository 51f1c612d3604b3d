"""What all handlers have in common: what they are handed, who asks, which melding, for what reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, URLEncodedBody

from libs.errors import Malformed, NotFound, Unauthenticated
from libs.world import Clock, Ids
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import MAX_REASON_CHARS, Listed, Person
from services.delivery_node.opening import Opener
from services.delivery_node.pages.oidc import LoginProvider
from services.delivery_node.pages.sessions import AnyRequest, person_of
from services.delivery_node.pages.view import InboxPage, View
from services.delivery_node.printing.printer import Printer
from services.delivery_node.store.contract import Store

Asker = NamedDependency[Person]
Which = NamedDependency[MeldingNumber]
Form = URLEncodedBody[dict[str, str]]
Json = JSONBody[dict[str, Any]]

PAGE_SIZE = 100
MAX_MISSING = 100
_MAX_NUMBER = 2**63 - 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Deps:
    """What the handlers are handed."""

    store: Store
    opener: Opener
    provider: LoginProvider
    printer: Printer
    view: View
    clock: Clock
    ids: Ids


def who_asks(clock: Clock) -> Callable[[AnyRequest], Person]:
    """A dependency: the person logged in. Raises Unauthenticated."""

    def provide_person(request: AnyRequest) -> Person:
        person = person_of(request, clock.now())
        if person is None:
            raise Unauthenticated("nobody is logged in here")
        return person

    return provide_person


def which_melding(epoch: FromPath[int], number: FromPath[int]) -> MeldingNumber:
    """A dependency: the melding in the path. Raises NotFound for a number that none can have."""
    if not (1 <= epoch <= _MAX_NUMBER and 1 <= number <= _MAX_NUMBER):
        raise NotFound("no melding can have this number")
    return MeldingNumber(epoch, number)


def reason_of(text: object) -> str:
    """The reason on one line. Raises Malformed unless it has 1 to MAX_REASON_CHARS characters."""
    reason = _CONTROL.sub(" ", text).strip() if isinstance(text, str) else ""
    if not 1 <= len(reason) <= MAX_REASON_CHARS:
        raise Malformed(f"got a reason of {len(reason)} characters, expected 1 to {MAX_REASON_CHARS}")
    return reason


def before_of(text: str) -> MeldingNumber | None:
    """Where a page of the inbox begins, from "epoch.number"; None for "". Raises Malformed."""
    if not text:
        return None
    epoch, _, number = text.partition(".")
    if not (epoch.isdecimal() and number.isdecimal() and len(text) < 40):
        raise Malformed('expected a place in the inbox of the form "1.200"')
    return which_melding(int(epoch), int(number))


async def inbox_page(store: Store, before: MeldingNumber | None) -> InboxPage:
    """A page of the list, and on it everything that people should worry about."""
    listed: list[Listed] = await store.inbox(PAGE_SIZE + 1, before)
    counts = await store.counts()
    older = listed[PAGE_SIZE - 1].arrival.which if len(listed) > PAGE_SIZE else None
    return InboxPage(
        meldinger=listed[:PAGE_SIZE],
        missing=await store.missing(MAX_MISSING),
        missing_count=sum(each.missing for each in counts),
        findings=await store.findings(),
        older=older,
        is_first=before is None,
    )
