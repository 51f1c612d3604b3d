"""Static files are found by name only and named by content; vendored ones are what their manifest says."""

import shutil
from pathlib import Path

import pytest
from litestar import Litestar, Response
from litestar.testing import TestClient

from libs.errors import NotFound
from libs.web.assets import Assets
from libs.web.pages import STATIC
from libs.web.vendored import differing_files, read_manifest

VENDORED = STATIC / "designsystemet"


def test_asset_is_served_as_it_is_and_may_be_kept_for_ever() -> None:
    assets = Assets.load(STATIC)
    with TestClient(Litestar([assets.route()], openapi_config=None)) as client:
        answer = client.get(assets.url("samvern.css"))

    assert answer.content == (STATIC / "samvern.css").read_bytes()
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_page_from_before_an_upgrade_gets_the_file_but_may_not_keep_it() -> None:
    assets = Assets.load(STATIC)
    with TestClient(Litestar([assets.route()], openapi_config=None)) as client:
        answer = client.get("/static/old/samvern.css")

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_nothing_but_the_found_files_can_be_asked_for() -> None:
    assets = Assets.load(STATIC)

    def refuse(_request: object, _error: Exception) -> object:
        return Response("", status_code=404)

    app = Litestar([assets.route()], exception_handlers={NotFound: refuse}, openapi_config=None)  # type: ignore[dict-item]
    with TestClient(app) as client:
        for path in ("../pages.py", "%2e%2e/pages.py", "designsystemet/vendored.jso", "//etc/passwd"):
            assert client.get(f"/static/x/{path}").status_code == 404


def test_page_cannot_link_to_a_missing_file() -> None:
    with pytest.raises(KeyError):
        Assets.load(STATIC).url("missing.css")


def test_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    before = Assets.load(tmp_path).version
    (tmp_path / "a.css").write_text("b")

    assert Assets.load(tmp_path).version != before


def test_vendored_files_are_what_their_manifest_says(tmp_path: Path) -> None:
    assert differing_files(VENDORED) == []
    assert [(package.name, package.licence) for package in read_manifest(VENDORED)] == [
        ("@digdir/designsystemet-css", "MIT"),
    ]

    shutil.copytree(VENDORED, tmp_path / "copy")
    (tmp_path / "copy" / "theme.css").write_text("changed")
    (tmp_path / "copy" / "added.css").write_text("added")
    assert differing_files(tmp_path / "copy") == ["added.css", "theme.css"]
