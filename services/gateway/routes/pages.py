"""The portal's pages. A chosen place is posted, never in an address; the form itself is never posted here."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler, get, post
from litestar.params import FromPath

from libs.errors import NotFound
from services.gateway.choosing import AskBydel, AskKommune, Chosen, MustPhone, Next, choose
from services.gateway.contacts import contact_of
from services.gateway.form_page import Attempt, FormPages
from services.gateway.form_reader import URLENCODED, read_urlencoded
from services.gateway.forms import Form, Kind
from services.gateway.limits import SMALL_BODY
from services.gateway.places import Places, shown
from services.gateway.reading import AnyRequest, Reader
from services.gateway.snapshot_cache import SnapshotCache
from services.gateway.view import View


def page_routes(view: View, pages: FormPages, snapshot: SnapshotCache, reader: Reader) -> list[HTTPRouteHandler]:
    """The handlers."""
    next_page = PlacePages(view, pages)

    @get("/", sync_to_thread=False)
    def front() -> Response[str]:
        """What this is, what to do when it is urgent, and the ways in."""
        return view.page("forside.html")

    @get("/om", sync_to_thread=False)
    def about() -> Response[str]:
        """Who can read what."""
        return view.page("om.html")

    @get("/status", sync_to_thread=False)
    def status() -> Response[str]:
        """Asks for the secret."""
        return view.page("status.html", problem="", status=None, setup={"texts": view.texts.pages["status"]})

    @get("/melding/{kind:str}")
    async def ask_place(kind: FromPath[str]) -> Response[str]:
        """Where does the child live?"""
        return next_page.show(kind_of(kind), await snapshot.places(), AskKommune())

    @post("/melding/{kind:str}", status_code=200)
    async def take_place(kind: FromPath[str], request: AnyRequest) -> Response[str]:
        """The form, or what is still to be asked of the place, or whom to phone."""
        async with reader.body(request, SMALL_BODY, URLENCODED) as body:
            answers = read_urlencoded(body)
        places = await snapshot.places()
        return next_page.show(kind_of(kind), places, choose(places, answers))

    return [front, about, status, ask_place, take_place]


class PlacePages:
    """Shows what comes after an answer about the place."""

    def __init__(self, view: View, pages: FormPages) -> None:
        self._view = view
        self._pages = pages

    def show(self, kind: Kind, places: Places, step: Next) -> Response[str]:
        """The page of a step."""
        form = self._pages.forms[kind]
        if isinstance(step, Chosen):
            return self._pages.show(kind, places, step, Attempt())
        if isinstance(step, MustPhone):
            contact = contact_of(places, step.place, self._view.texts.phones)
            return self._view.page("ring.html", form=form, contact=contact, is_bydel_unknown=step.is_bydel_unknown)
        return self._asking(form, places, step)

    def _asking(self, form: Form, places: Places, step: AskKommune | AskBydel) -> Response[str]:
        kommune_step = step if isinstance(step, AskKommune) else AskKommune()
        bydel_step = step if isinstance(step, AskBydel) else None
        return self._view.page(
            "sted.html",
            status_code=422 if step.problem else 200,
            form=form,
            problem=step.problem,
            bydel_step=bydel_step,
            step=kommune_step,
            kommuner=[shown(kommune) for kommune in sorted(places.snapshot.kommuner, key=lambda each: each.navn)],
            shown=shown,
        )


def kind_of(text: str) -> Kind:
    """The kind of form in a path. Raises NotFound."""
    if text == "privat":
        return "privat"
    if text == "offentlig":
        return "offentlig"
    raise NotFound("no such form; there are privat and offentlig")
