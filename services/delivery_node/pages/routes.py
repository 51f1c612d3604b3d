"""The pages: log in, the list, one melding, its content for a reason, PDF, attachments, the tick that confirms.

Content is only ever the answer to a POST that carries a reason, so that no link, bookmark or browser's guess opens a
melding, and no reason stands in an address.
"""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from libs.errors import Malformed, NotFound, Unauthenticated
from libs.web.assets import Assets
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import Person
from services.delivery_node.pages.handling import (
    Asker,
    Deps,
    Form,
    Which,
    before_of,
    inbox_page,
    reason_of,
    which_melding,
    who_asks,
)
from services.delivery_node.pages.oidc import Attempt
from services.delivery_node.pages.sessions import AnyRequest, begin, person_of, sign_in, sign_out, take_attempt
from services.delivery_node.pages.view import attachments
from services.delivery_node.printing.melding import printed

SAFE_MEDIA_TYPES = ("application/pdf", "image/jpeg", "image/png", "text/plain")
"""An attachment of another type is handed out as bytes that no program opens by itself."""


def login_routes(deps: Deps) -> list[HTTPRouteHandler]:
    """Logging in and out."""

    @get("/login")
    async def log_in(request: AnyRequest) -> Redirect:
        attempt = Attempt.new(deps.ids)
        url = await deps.provider.login_url(attempt)
        begin(request, attempt, deps.clock.now())
        return Redirect(url, status_code=302)

    @get("/callback")
    async def come_back(request: AnyRequest, code: FromQuery[str] = "") -> Redirect:
        attempt = take_attempt(request, request.query_params.get("state", ""), deps.clock.now())
        if not code:
            raise Unauthenticated("the login provider did not log anybody in")
        sign_in(request, await deps.provider.person(attempt, code), deps.clock.now())
        return Redirect("/", status_code=302)

    @post("/logout")
    async def log_out(request: AnyRequest) -> Response[str]:
        sign_out(request)
        return deps.view.sign_in(request, is_signed_out=True, status_code=200)

    return [log_in, come_back, log_out]


def inbox_routes(deps: Deps) -> list[HTTPRouteHandler]:
    """The list, and one melding without its content."""
    provided = _provided(deps)

    @get("/")
    async def inbox(request: AnyRequest, before: FromQuery[str] = "") -> Response[str]:
        person = person_of(request, deps.clock.now())
        if person is None:
            return deps.view.sign_in(request)
        return deps.view.inbox(request, person, await inbox_page(deps.store, before_of(before)))

    @get("/melding/{epoch:int}/{number:int}", dependencies=provided)
    async def melding(request: AnyRequest, person: Asker, which: Which) -> Response[str]:
        return await _melding_page(deps, request, person, which)

    @post("/melding/{epoch:int}/{number:int}/confirm", dependencies=provided)
    async def confirm(request: AnyRequest, person: Asker, which: Which, data: Form) -> Response[Any]:
        try:
            reason = reason_of(data.get("reason"))
        except Malformed:
            return await _melding_page(deps, request, person, which, lacking="confirm")
        await deps.opener.confirm(which, person, reason)
        return Redirect(f"/melding/{which.epoch}/{which.number}", status_code=303)

    return [inbox, melding, confirm]


def content_routes(deps: Deps) -> list[HTTPRouteHandler]:
    """What shows or hands out content: each is on the access list before it does."""
    provided = _provided(deps)

    @post("/melding/{epoch:int}/{number:int}", status_code=200, dependencies=provided)
    async def read(request: AnyRequest, person: Asker, which: Which, data: Form) -> Response[str]:
        try:
            reason = reason_of(data.get("reason"))
        except Malformed:
            return await _melding_page(deps, request, person, which, lacking="read")
        return deps.view.read(request, await deps.opener.open(which, person, reason, "read", with_identity=True))

    @post("/melding/{epoch:int}/{number:int}/pdf", status_code=200, dependencies=provided)
    async def pdf(request: AnyRequest, person: Asker, which: Which, data: Form) -> Response[Any]:
        opened = await deps.opener.open(which, person, reason_of(data.get("reason")), "pdf")
        if opened.case is None:
            return deps.view.read(request, opened)
        content = await deps.printer.pdf(printed(opened, deps.view), deps.clock.now())
        return _download(content, "application/pdf", f"bekymringsmelding-{opened.listed.arrival.reference}.pdf")

    @post("/melding/{epoch:int}/{number:int}/vedlegg/{index:int}", status_code=200, dependencies=provided)
    async def attachment(person: Asker, which: Which, index: FromPath[int], data: Form) -> Response[Any]:
        opened = await deps.opener.open(which, person, reason_of(data.get("reason")), "attachment")
        files = attachments(opened)
        if not 1 <= index <= len(files):
            raise NotFound("the melding has no attachment of this number")
        file = files[index - 1]
        return _download(file.content, file.media_type, f"{opened.listed.arrival.reference}-{file.name}")

    return [read, pdf, attachment]


def all_routes(deps: Deps, assets: Assets) -> list[HTTPRouteHandler]:
    """Every page."""
    return [assets.route(), *login_routes(deps), *inbox_routes(deps), *content_routes(deps)]


def _provided(deps: Deps) -> dict[str, Provide]:
    return {
        "person": Provide(who_asks(deps.clock), sync_to_thread=False),
        "which": Provide(which_melding, sync_to_thread=False),
    }


async def _melding_page(
    deps: Deps, request: AnyRequest, person: Person, which: MeldingNumber, lacking: str = ""
) -> Response[str]:
    listed = await deps.store.find(which)
    access = await deps.store.access_list(which)
    return deps.view.melding(request, person, listed, access, lacking)


def _download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    safe = media_type if media_type in SAFE_MEDIA_TYPES else "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"  # RFC 6266
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(content, media_type=safe, headers=headers)
