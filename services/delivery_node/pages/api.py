"""The JSON API for programs of a logged-in caseworker, the command line first: same session, same records.

A POST carries the CSRF cookie's value in the header x-csrftoken. Content is base64, so that it is byte for byte what
was sealed.
"""

import base64
import hashlib
from typing import Any

import msgspec
from litestar import get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from libs.statements.payloads import timestamp
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import Act, Listed, Person, conclusion_due
from services.delivery_node.opening import Opened
from services.delivery_node.pages.handling import (
    Asker,
    Deps,
    Json,
    Which,
    before_of,
    inbox_page,
    reason_of,
    which_melding,
    who_asks,
)

PREFIX = "/api/v1/meldinger"
_ONE = PREFIX + "/{epoch:int}/{number:int}"


def api_routes(deps: Deps) -> list[HTTPRouteHandler]:
    """List, read, export, confirm."""
    provided = {
        "person": Provide(who_asks(deps.clock), sync_to_thread=False),
        "which": Provide(which_melding, sync_to_thread=False),
    }

    @get(PREFIX, dependencies={"person": provided["person"]})
    async def list_meldinger(person: Asker, before: FromQuery[str] = "") -> dict[str, Any]:
        page = await inbox_page(deps.store, before_of(before))
        return {
            "tjeneste": deps.view.tjeneste,
            "person": person.name,
            "meldinger": [summary(each) for each in page.meldinger],
            "older": f"{page.older.epoch}.{page.older.number}" if page.older else None,
            "missing": [{"epoch": each.epoch, "number": each.number} for each in page.missing],
            "findings": [
                {
                    "code": each.finding.value,
                    "epoch": each.which.epoch,
                    "number": each.which.number,
                    "times": each.times,
                }
                for each in page.findings
            ],
        }

    @post(_ONE + "/read", status_code=200, dependencies=provided)
    async def read(person: Asker, which: Which, data: Json) -> dict[str, Any]:
        return await _opened(deps, which, person, data, "read")

    @post(_ONE + "/export", status_code=200, dependencies=provided)
    async def export(person: Asker, which: Which, data: Json) -> dict[str, Any]:
        return await _opened(deps, which, person, data, "export")

    @post(_ONE + "/confirm", status_code=200, dependencies=provided)
    async def confirm(person: Asker, which: Which, data: Json) -> dict[str, Any]:
        await deps.opener.confirm(which, person, reason_of(data.get("reason")))
        return {"melding": summary(await deps.store.find(which))}

    return [list_meldinger, read, export, confirm]


async def _opened(deps: Deps, which: MeldingNumber, person: Person, data: dict[str, Any], act: Act) -> dict[str, Any]:
    opened = await deps.opener.open(which, person, reason_of(data.get("reason")), act, with_identity=True)
    return content_of(opened, await deps.store.find(which))


def content_of(opened: Opened, listed: Listed) -> dict[str, Any]:
    """An opened melding as JSON; `listed` is the melding after it was opened."""
    files = opened.case.files if opened.case is not None else ()
    return {
        "melding": summary(listed),
        "problems": [each.value for each in opened.problems],
        "wants_name_withheld": opened.case is not None and opened.case.manifest.wants_name_withheld,
        "document": opened.document.data if opened.document is not None else None,
        "reporter": msgspec.to_builtins(opened.reporter) if opened.reporter is not None else None,
        "files": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "size_bytes": len(file.content),
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "content": base64.b64encode(file.content).decode(),
            }
            for file in files
        ],
    }


def summary(listed: Listed) -> dict[str, Any]:
    """A melding without its content as JSON."""
    arrival = listed.arrival
    return {
        "reference": str(arrival.reference),
        "epoch": arrival.which.epoch,
        "number": arrival.which.number,
        "melding_id": str(arrival.melding_id),
        "type": arrival.type,
        "kommune": {"nummer": arrival.kommune.nummer, "navn": arrival.kommune.navn},
        "bydel": {"nummer": arrival.bydel.nummer, "navn": arrival.bydel.navn},
        "received_at": timestamp(arrival.received_at),
        "is_urgent": arrival.is_urgent,
        "state": listed.state.value,
        "stored_at": timestamp(listed.stored_at) if listed.stored_at else None,
        "opened_at": timestamp(listed.opened_at) if listed.opened_at else None,
        "confirmed_at": timestamp(listed.confirmed_at) if listed.confirmed_at else None,
        "conclusion_due": conclusion_due(arrival.received_at).isoformat(),
        "feedback_due": arrival.feedback_due.isoformat(),
        "digest": arrival.digest.hex(),
    }
