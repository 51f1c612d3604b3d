"""Renders the pages: what every template of ours may use."""

from pathlib import Path
from typing import Any

from litestar import Response

from libs.web.assets import Assets
from libs.web.pages import Pages
from services.gateway.answers import Fault
from services.gateway.config import Origins
from services.gateway.texts import Texts

TEMPLATES = Path(__file__).parent / "templates"


class View:
    """The pages of one process."""

    def __init__(self, texts: Texts, assets: Assets, origins: Origins) -> None:
        self.texts = texts
        self._pages = Pages(
            [TEMPLATES],
            assets,
            brand_name="Samvern",
            home_url=f"{origins.portal}/",
            portal=origins.portal,
            sealing=origins.sealing,
            t=texts.pages,
            phones=texts.phones,
        )

    def page(self, template: str, *, status_code: int = 200, **values: Any) -> Response[str]:
        """A page."""
        return self._pages.page(template, status_code=status_code, **values)

    def error(self, fault: Fault, message: str) -> Response[str]:
        """The page of an error."""
        return self.page("feil.html", status_code=fault.status, fault=fault, message=message)
