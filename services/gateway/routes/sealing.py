"""The sealing process's pages: what browsers without JavaScript post is sealed in memory and sent. Nothing is kept.

A form posted from another site's page is refused. There is no cookie and no login here, so a token would guard
nothing: who can make a browser post can as well post.
"""

from litestar import Response
from litestar.handlers import HTTPRouteHandler, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from libs.errors import Malformed, NotFound
from libs.sealing.secret import ReporterSecret
from libs.statements import Root, Typ, verify
from libs.statements.document import receipt_document
from libs.statements.payloads import Receipt, decode
from libs.web.body import BodyUnread
from libs.web.headers import is_foreign_post
from services.gateway.config import Origins
from services.gateway.form_reader import MULTIPART, URLENCODED, read_multipart, read_urlencoded
from services.gateway.limits import MELDING_BODY, SMALL_BODY
from services.gateway.reading import AnyRequest, Reader
from services.gateway.receiving import Receiving
from services.gateway.routes.pages import kind_of
from services.gateway.status_page import status_page
from services.gateway.upstream import Intake
from services.gateway.view import View


def sealing_routes(
    view: View, receiving: Receiving, intake: Intake, root: Root, origins: Origins, reader: Reader
) -> list[HTTPRouteHandler]:
    """The handlers."""

    @get("/", sync_to_thread=False)
    def front() -> Redirect:
        """The portal has the pages."""
        return Redirect(f"{origins.portal}/", status_code=303)

    @get("/melding/{kind:str}", sync_to_thread=False)
    def form(kind: FromPath[str]) -> Redirect:
        """The portal has the form."""
        return Redirect(f"{origins.portal}/melding/{kind_of(kind)}", status_code=303)

    @post("/melding/{kind:str}", status_code=200)
    async def take_form(kind: FromPath[str], request: AnyRequest) -> Response[str]:
        """The receipt of a form that is now sealed and committed, or the form again with what is wrong."""
        _refuse_foreign(request)
        reader.refuse_other_media(request, MULTIPART)
        with reader.place(request) as place:
            posted = await read_multipart(request, MELDING_BODY, place)
            return await receiving.take(kind_of(kind), posted)

    @get("/status", sync_to_thread=False)
    def ask_status() -> Redirect:
        """The portal asks for the secret."""
        return Redirect(f"{origins.portal}/status", status_code=303)

    @post("/status", status_code=200)
    async def take_status(request: AnyRequest) -> Response[str]:
        """Where the melding of this secret is. The secret is used for this answer and not kept."""
        _refuse_foreign(request)
        async with reader.body(request, SMALL_BODY, URLENCODED) as body:
            code = read_urlencoded(body).get("kode", "")
        texts = view.texts.pages
        try:
            derived = ReporterSecret.parse(code).derive()
            status = await intake.status(derived.lookup_id, derived.access_token)
        except (Malformed, NotFound) as error:
            problem = "feil_form" if isinstance(error, Malformed) else "ikke_funnet"
            return _status_page(view, problem, None)
        receipt = decode(verify(status.receipt, Typ.RECEIPT, root), Receipt)
        return _status_page(view, "", status_page(status, receipt, texts, code))

    @post("/kvittering", status_code=200)
    async def download_receipt(request: AnyRequest) -> Response[bytes]:
        """The receipt as a file."""
        _refuse_foreign(request)
        async with reader.body(request, SMALL_BODY, URLENCODED) as body:
            statement = read_urlencoded(body).get("kvittering", "")
        verify(statement, Typ.RECEIPT, root)
        name = view.texts.pages["kvittering"]["filnavn"]
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(receipt_document(statement), media_type="application/json", headers=headers)

    return [front, form, take_form, ask_status, take_status, download_receipt]


def _status_page(view: View, problem: str, status: object) -> Response[str]:
    return view.page(
        "status.html",
        status_code=422 if problem else 200,
        problem=problem,
        status=status,
        setup={"texts": view.texts.pages["status"]},
    )


def _refuse_foreign(request: AnyRequest) -> None:
    if is_foreign_post(request.headers):
        raise BodyUnread(Malformed("a form from another site's page is not taken"))
