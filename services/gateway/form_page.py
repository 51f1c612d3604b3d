"""The page with the form: how it is shown, by the portal when a place is chosen and by the sealing process again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Response

from libs.sealing import base64url
from libs.sealing.identity import PLACEHOLDER_NAME
from libs.values import Place
from libs.world import Ids
from services.gateway.choosing import Chosen
from services.gateway.contacts import contact_of
from services.gateway.filled import DELIVERED_BY, Fault, Where, count
from services.gateway.forms import Form, Kind
from services.gateway.limits import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS,
    MAX_DOCUMENT_BYTES,
)
from services.gateway.places import Places, shown
from services.gateway.receipt_page import ReceiptPage
from services.gateway.view import View

FORM_KEY_BYTES = 16
MAY_HAVE_ARRIVED = 503
"""Status of a form shown again because nobody knows whether it was accepted."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was answered so far."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    files_are_lost: bool = False
    form_key: str = ""
    """The same through all attempts, so that a form is taken in once; "" makes a new one."""
    status_code: int = 200


class FormPages:
    """Shows the forms."""

    def __init__(self, view: View, ids: Ids) -> None:
        self._view = view
        self._ids = ids
        self.forms: dict[Kind, Form] = {"privat": Form.load("privat", "nb"), "offentlig": Form.load("offentlig", "nb")}

    def show(self, kind: Kind, places: Places, chosen: Chosen, attempt: Attempt) -> Response[str]:
        """The form, with what was answered and what is wrong with it."""
        form = self.forms[kind]
        repeats = [section.repeat for section in form.sections if section.repeat]
        return self._view.page(
            "skjema.html",
            status_code=attempt.status_code,
            may_have_arrived=attempt.status_code == MAY_HAVE_ARRIVED,
            form=form,
            place=chosen.place,
            tjeneste=chosen.tjeneste.navn,
            is_demo=chosen.tjeneste.is_demo,
            sted=place_text(places, chosen),
            contact=contact_of(places, chosen.place, self._view.texts.phones, chosen.tjeneste),
            values=attempt.values,
            faults={fault.name: fault.message for fault in attempt.faults},
            files_are_lost=attempt.files_are_lost,
            counts={repeat.path: count(repeat, attempt.values) for repeat in repeats},
            form_key=attempt.form_key or base64url.encode(self._ids.token(FORM_KEY_BYTES)),
            blank_receipt=ReceiptPage(),
            setup=self._setup(form, where_of(places, chosen.place), chosen),
        )

    def _setup(self, form: Form, where: Where, chosen: Chosen) -> dict[str, Any]:
        """What the page's script needs to know."""
        texts = self._view.texts
        return {
            "form": msgspec.to_builtins(form),
            "where": msgspec.to_builtins(where),
            "tjeneste": chosen.tjeneste.id,
            "texts": {name: texts.pages[name] for name in ("skjema", "identitet", "kvittering")},
            "errors": texts.errors,
            "placeholder": PLACEHOLDER_NAME,
            "deliveredBy": DELIVERED_BY,
            "limits": {
                "attachmentBytes": MAX_ATTACHMENT_BYTES,
                "attachments": MAX_ATTACHMENTS,
                "documentBytes": MAX_DOCUMENT_BYTES,
            },
        }


def where_of(places: Places, place: Place) -> Where:
    """The place as the document names it."""
    kommune = places.kommune(place.kommune)
    return Where(kommune.nummer, kommune.navn, str(place.bydel), places.bydelsnavn(place))


def place_text(places: Places, chosen: Chosen) -> str:
    """The place as the page names it: bydel where there is one, kommune and fylke."""
    bydel = places.book.bydel(chosen.place)
    return f"{bydel.navn}, {shown(chosen.kommune)}" if bydel is not None else shown(chosen.kommune)
