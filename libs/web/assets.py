"""Static files: read once into memory, served under a path that names their content, so they may be cached for ever.

A page asks for `assets.url("js/app.js")`; the version in the path is one hash over all files, so modules may import
each other by relative path. Nothing but the files found at start can be asked for: there is no path to walk.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from litestar import Response
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath

from libs.errors import NotFound

_MEDIA_TYPES = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_CACHE_CONTROL = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by the path they are asked for, and the version over all of them."""

    files: dict[str, Asset]
    version: str

    @classmethod
    def load(cls, *folders: Path) -> Self:
        """Reads every file of known kind; of two with the same path the later folder's wins."""
        files: dict[str, Asset] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix in _MEDIA_TYPES and path.is_file():
                    files[path.relative_to(folder).as_posix()] = _read(path)
        tree = "".join(f"{name} {files[name].sha256}\n" for name in sorted(files))
        return cls(files, hashlib.sha256(tree.encode()).hexdigest()[:16])

    def url(self, name: str) -> str:
        """Where a page finds the file; KeyError for one that is not there, so that a page cannot link into nothing."""
        self.files[name]
        return f"/static/{self.version}/{name}"

    def route(self) -> HTTPRouteHandler:
        """The handler that serves them."""
        return get("/static/{version:str}/{name:path}", sync_to_thread=False)(self._serve)

    def _serve(self, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        asset = self.files.get(name.removeprefix("/"))
        if asset is None:
            raise NotFound("no such static file")
        # A page from before an upgrade may still ask by the old version: it gets today's file, and may not keep it.
        cache = _CACHE_CONTROL if version == self.version else "no-store"
        return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": cache})


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, _MEDIA_TYPES[path.suffix], hashlib.sha256(content).hexdigest())
