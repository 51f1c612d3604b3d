"""Server-rendered pages: one Jinja2 environment that escapes everything and fails on an unknown name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response

from libs.web.assets import Assets

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders templates of a service, which may extend ours (base.html)."""

    def __init__(self, folders: Sequence[Path], assets: Assets, **names: Any) -> None:
        """`names` are known to every template; brand_name and home_url are needed by base.html."""
        self._environment = Environment(
            loader=FileSystemLoader([*folders, TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # `tojson` would sort names; what a page's script is handed keeps its order.
        self._environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
        self._environment.globals.update(names, asset=assets.url)

    def text(self, template: str, **values: Any) -> str:
        """The page as text."""
        return self._environment.get_template(template).render(values)

    def page(self, template: str, *, status_code: int = 200, **values: Any) -> Response[str]:
        """The page as a response."""
        return Response(self.text(template, **values), status_code=status_code, media_type="text/html")
