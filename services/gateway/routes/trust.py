"""What anyone may check us by: the root, both logs' files (C2SP tlog-tiles), and the hashes of the script we serve."""

from typing import Literal

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath

from libs.errors import NotFound
from libs.statements import Root
from libs.web.assets import Assets
from services.gateway.upstream import Audit

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_A_MOMENT = "public, max-age=2"


def trust_routes(root: Root, audit: Audit, assets: Assets) -> list[HTTPRouteHandler]:
    """The handlers."""

    @get("/trust/root.json", sync_to_thread=False)
    def get_root() -> Response[bytes]:
        """The root of all our signatures. Pin it from a source you trust more than this page."""
        return _json(root.encode())

    @get("/trust/script.json", sync_to_thread=False)
    def get_script_hashes() -> Response[bytes]:
        """SHA-256 of every file that a page loads, so that a changed script can be noticed."""
        files = {name: asset.sha256 for name, asset in assets.files.items()}
        return _json(msgspec.json.encode({"version": assets.version, "files": files}))

    @get("/log/{log:str}/{path:path}")
    async def get_log_file(log: FromPath[str], path: FromPath[str]) -> Response[bytes]:
        """A file of a log, as C2SP tlog-tiles names it."""
        if log not in ("keys", "events"):
            raise NotFound("no such log; there are keys and events")
        name = path.removeprefix("/")
        file = await audit.log_file(log, name)
        cache = _FOR_EVER if file.is_immutable else _FOR_A_MOMENT
        return Response(file.content, media_type=_media_type(name), headers={"Cache-Control": cache})

    return [get_root, get_script_hashes, get_log_file]


def _media_type(name: str) -> Literal["text/plain", "application/octet-stream"]:
    return "text/plain" if name == "checkpoint" else "application/octet-stream"


def _json(content: bytes) -> Response[bytes]:
    return Response(content, media_type="application/json")
