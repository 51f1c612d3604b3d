"""The HTTP application: which handlers the portal has and which the sealing process has. No decision."""

from dataclasses import dataclass
from pathlib import Path

from litestar import Litestar
from litestar.types import ASGIApp, ControllerRouterHandler

from libs.statements import Root
from libs.telemetry.telemetry import Telemetry
from libs.web.admission import Admission
from libs.web.assets import Assets
from libs.web.headers import SecureHeaders, security_headers
from libs.web.observed import Observed
from libs.web.pages import STATIC
from libs.world import Clock, Ids, Rng
from services.gateway.answers import error_handlers
from services.gateway.config import Origins, Role
from services.gateway.form_page import FormPages
from services.gateway.labels import Labels
from services.gateway.limits import ADMISSION
from services.gateway.reading import Reader
from services.gateway.receiving import Receiving
from services.gateway.routes.lookup import lookup_routes
from services.gateway.routes.pages import page_routes
from services.gateway.routes.sealing import sealing_routes
from services.gateway.routes.submit import submit_route
from services.gateway.routes.trust import trust_routes
from services.gateway.snapshot_cache import SnapshotCache
from services.gateway.texts import Texts
from services.gateway.upstream import Audit, Intake, Routing
from services.gateway.view import View

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Deps:
    """What the application is handed."""

    role: Role
    origins: Origins
    root: Root
    intake: Intake
    routing: Routing
    audit: Audit
    snapshot: SnapshotCache
    clock: Clock
    ids: Ids
    rng: Rng
    telemetry: Telemetry


def create_app(deps: Deps) -> ASGIApp:
    """The application of this process's role, every answer with the strict headers."""
    texts = Texts.load("nb")
    assets = Assets.load(STATIC, FOLDER / "static")
    view = View(texts, assets, deps.origins)
    reader = Reader(Admission(ADMISSION))
    labels = Labels(deps.intake, deps.routing, deps.root, deps.clock, deps.telemetry)
    handlers: list[ControllerRouterHandler] = [assets.route()]
    pages = FormPages(view, deps.ids)
    if deps.role == "portal":
        handlers += page_routes(view, pages, deps.snapshot, reader)
        handlers += [submit_route(deps.intake, reader)]
        handlers += lookup_routes(deps.intake, labels, deps.snapshot, reader, texts)
        handlers += trust_routes(deps.root, deps.audit, assets)
    else:
        receiving = Receiving(
            view, pages, deps.snapshot, labels, deps.intake, deps.root, deps.clock, deps.ids, deps.rng
        )
        handlers += sealing_routes(view, receiving, deps.intake, deps.root, deps.origins, reader)
    app = Litestar(
        handlers,
        exception_handlers=error_handlers(texts, deps.telemetry, view.error),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,  # libs/web/body.py limits what is read, in size and time.
    )
    is_https = deps.origins.portal.startswith("https://")
    targets = [deps.origins.sealing] if deps.role == "portal" else []
    observed = Observed(app, deps.clock, deps.telemetry)
    return SecureHeaders(observed, security_headers(targets, https=is_https))
