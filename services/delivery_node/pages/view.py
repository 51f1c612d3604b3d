"""Renders the pages, and puts what the store knows into the words of the texts."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.template.base import csrf_token

from libs.sealing.case import CaseFile
from libs.web.assets import Assets
from libs.web.pages import Pages
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import AccessEntry, Listed, Person, conclusion_due
from services.delivery_node.opening import Opened
from services.delivery_node.pages.answers import AnyRequest, Fault
from services.delivery_node.presenting import (
    ShownField,
    ShownSection,
    date_text,
    moment_text,
    present,
    short_date_text,
    short_moment_text,
)
from services.delivery_node.store.contract import NotedFinding
from services.delivery_node.texts import Texts

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_MISSING = 10


@dataclass(frozen=True, slots=True)
class InboxPage:
    """What the inbox shows."""

    meldinger: list[Listed]
    missing: list[MeldingNumber]
    missing_count: int
    findings: list[NotedFinding]
    older: MeldingNumber | None
    is_first: bool


class View:
    """The pages of one node."""

    def __init__(self, texts: Texts, assets: Assets, tjeneste: str, *, is_test_login: bool) -> None:
        self.texts = texts
        self.tjeneste = tjeneste
        self._pages = Pages(
            [TEMPLATES],
            assets,
            brand_name=texts.pages["brand"],
            home_url="/",
            t=texts.pages,
            words=texts,
            tjeneste=tjeneste,
            is_test_login=is_test_login,
            moment=self.moment,
            day=self.day,
            short_moment=lambda at: short_moment_text(at, texts),
            short_day=lambda day: short_date_text(day, texts),
            due=lambda listed: conclusion_due(listed.arrival.received_at),
            size=size_text,
        )

    def moment(self, at: datetime) -> str:
        """As clocks in Norway show it."""
        return moment_text(at, self.texts)

    def day(self, day: date) -> str:
        """With its weekday."""
        return date_text(day, self.texts)

    def sign_in(self, request: AnyRequest, *, is_signed_out: bool = False, status_code: int = 200) -> Response[str]:
        """Whoever is not logged in sees this."""
        return self._page(request, None, "innlogging.html", status_code=status_code, is_signed_out=is_signed_out)

    def inbox(self, request: AnyRequest, person: Person, page: InboxPage) -> Response[str]:
        """The list."""
        shown = [f"{each.number}" for each in page.missing[:_SHOWN_MISSING]]
        missing = ", ".join(shown)
        if page.missing_count > len(shown):
            missing += " … (" + self.texts.pages["inbox"]["and_more"].format(count=page.missing_count) + ")"
        return self._page(request, person, "innboks.html", page=page, missing=missing)

    def melding(
        self, request: AnyRequest, person: Person, listed: Listed, access: list[AccessEntry], lacking: str = ""
    ) -> Response[str]:
        """One melding without its content; `lacking` names the form ("read", "confirm") whose reason is missing."""
        status_code = 422 if lacking else 200
        values = {"listed": listed, "access": access, "lacking": lacking}
        return self._page(request, person, "melding.html", status_code=status_code, **values)

    def read(self, request: AnyRequest, opened: Opened) -> Response[str]:
        """One melding with its content."""
        return self._page(
            request,
            opened.person,
            "lest.html",
            opened=opened,
            listed=opened.listed,
            sections=self.sections(opened),
            reporter=self.reporter(opened),
            attachments=list(enumerate(attachments(opened), 1)),
            raw=raw_text(opened),
            problems=self.problems(opened),
        )

    def error(self, fault: Fault, message: str) -> Response[str]:
        """The page of an error; it knows nobody, and offers the way back."""
        return self._pages.page(
            "feil.html", status_code=fault.status, fault=fault, message=message, person=None, csrf=""
        )

    def sections(self, opened: Opened) -> list[ShownSection]:
        """The document's values in reading order."""
        if opened.document is None:
            return []
        return present(opened.document.data, self.texts.layouts[opened.document.kind], self.texts)

    def reporter(self, opened: Opened) -> list[ShownField]:
        """Who reports, where that was sealed apart."""
        if opened.reporter is None:
            return []
        data = msgspec.to_builtins(opened.reporter)
        return [field for each in present(data, self.texts.layouts["skjult"], self.texts) for field in each.fields]

    def problems(self, opened: Opened) -> list[str]:
        """What the reader must know."""
        return [self.texts.problems[each.value] for each in opened.problems]

    def _page(
        self, request: AnyRequest, person: Person | None, template: str, *, status_code: int = 200, **values: Any
    ) -> Response[str]:
        csrf = csrf_token({"request": request})
        return self._pages.page(template, status_code=status_code, person=person, csrf=csrf, **values)


def attachments(opened: Opened) -> tuple[CaseFile, ...]:
    """The files beside the document."""
    return opened.case.files[1:] if opened.case is not None else ()


def raw_text(opened: Opened) -> str | None:
    """The document as text where it is none that we know."""
    if opened.case is None or opened.document is not None:
        return None
    return opened.case.document.decode("utf-8", errors="replace")


def size_text(size_bytes: int) -> str:
    """ "1,2 MB" as one writes it in Norwegian."""
    if size_bytes < 1000:
        return f"{size_bytes} byte"
    unit, divisor = ("kB", 1e3) if size_bytes < 1_000_000 else ("MB", 1e6)
    return f"{size_bytes / divisor:.1f} {unit}".replace(".", ",")
