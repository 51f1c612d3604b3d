"""The HTTP application: handlers, cookies, headers and limits put together. No decision."""

from typing import Any

import msgspec
from litestar import Litestar
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Scope

from libs.errors import SamvernError
from libs.telemetry.telemetry import Telemetry
from libs.web.admission import Admission, AdmissionLimits
from libs.web.assets import Assets
from libs.web.headers import SecureHeaders, security_headers
from libs.web.observed import Observed
from services.delivery_node.pages.answers import Answers
from services.delivery_node.pages.api import api_routes
from services.delivery_node.pages.bodies import LIMITS, BoundedBodies
from services.delivery_node.pages.handling import Deps
from services.delivery_node.pages.routes import all_routes
from services.delivery_node.pages.sessions import Cookies

ADMISSION = AdmissionLimits(max_requests=64, max_requests_per_address=48, max_bytes=8_000_000)
"""A mottak is a handful of people; each request may hold a melding of 5 MB in the clear for a moment."""


def create_app(deps: Deps, cookies: Cookies, assets: Assets, telemetry: Telemetry, *, is_https: bool) -> ASGIApp:
    """The application, every answer with the strict headers."""
    answers = Answers(deps.view.texts, telemetry, deps.view.error)
    app = Litestar(
        [*all_routes(deps, assets), *api_routes(deps)],
        middleware=[cookies.session.middleware],
        csrf_config=cookies.csrf,
        exception_handlers=answers.handlers,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=LIMITS.max_bytes,
    )

    def refuse(scope: Scope, error: SamvernError) -> ASGIApp:
        response = answers.answer(scope["path"], error)
        content: Any = response.content
        return ASGIResponse(
            body=content if isinstance(content, str) else msgspec.json.encode(content),
            media_type=response.media_type or "application/json",
            status_code=response.status_code or 500,
            headers={**response.headers, "Connection": "close"},
        )

    bounded = BoundedBodies(app, Admission(ADMISSION), refuse)
    observed = Observed(bounded, deps.clock, telemetry)
    return SecureHeaders(observed, security_headers(https=is_https))
