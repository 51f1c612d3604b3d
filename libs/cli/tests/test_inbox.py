"""samvern inbox, against a node in memory that speaks the API of services/delivery_node/pages/api.py."""

import base64
import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from click.testing import CliRunner, Result

from libs.cli.instance import Instance
from libs.cli.layout import Layout
from libs.cli.main import samvern
from libs.cli.state import NodeState, ProcessRef, State, write_state

NODE = NodeState("bergen", "Bergen barneverntjeneste", ["4601"], [], "http://inbox.test", "http://oidc.test", "kari@x")
DOCUMENT = '{"melding": "Oppdiktet æøå",  "kommunenummer": "4601"}'.encode()
PDF = bytes(range(256))


def melding(number: int, reference: str, state: str = "ny") -> dict[str, Any]:
    return {
        "reference": reference,
        "epoch": 1,
        "number": number,
        "type": "privat",
        "kommune": {"nummer": "4601", "navn": "Bergen"},
        "bydel": {"nummer": "00", "navn": ""},
        "received_at": "2026-11-22T09:00:00Z",
        "is_urgent": number == 2,
        "state": state,
        "conclusion_due": "2026-11-29",
    }


def file(name: str, content: bytes, media_type: str) -> dict[str, Any]:
    return {
        "name": name,
        "media_type": media_type,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode(),
    }


class FakeNode:
    """Two pages of an inbox behind a login."""

    def __init__(self) -> None:
        self.listed = [
            melding(3, "SV-TVRH-QVQ4-2", "apnet"),
            melding(2, "SV-Z24R-ZCHZ-0"),
            melding(1, "SV-RZDW-Q3S1-K"),
        ]
        self.asked: list[tuple[str, str]] = []
        self.user = ""
        self.is_away = False
        self.files = [file("bekymringsmelding.json", DOCUMENT, "application/json"), file("vedlegg-1.pdf", PDF, "x/y")]
        self.problems: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("no")
        path = request.url.path
        if request.url.host == "oidc.test":
            if request.method == "GET":
                return httpx.Response(200, text="<form method=post><input name=sub></form>")
            self.user = parse_qs(request.content.decode())["sub"][0]
            return httpx.Response(302, headers={"location": "http://inbox.test/callback?code=c"})
        if path == "/login":
            return httpx.Response(302, headers={"location": "http://oidc.test/authorize?state=s"})
        if path == "/callback":
            return httpx.Response(302, headers={"location": "/", "set-cookie": "node-s=1; Path=/"})
        if path == "/":
            return httpx.Response(200, headers={"set-cookie": "node-c=token; Path=/"})
        if "node-s=1" not in request.headers.get("cookie", ""):
            return self.error(401, "UNAUTHENTICATED")
        return self.api(request)

    def api(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            is_first = request.url.params["before"] == ""
            page = self.listed[:2] if is_first else self.listed[2:]
            return httpx.Response(200, json={"meldinger": page, "older": "1.2" if is_first else None})
        assert request.headers["x-csrftoken"] == "token"
        *_, number, act = request.url.path.split("/")
        self.asked.append((f"{act} {number}", json.loads(request.content)["reason"]))
        found = next(each for each in self.listed if each["number"] == int(number))
        if act == "confirm":
            return httpx.Response(200, json={"melding": {**found, "state": "bekreftet"}})
        content = {
            "melding": {**found, "state": "apnet"},
            "problems": self.problems,
            "wants_name_withheld": True,
            "document": json.loads(DOCUMENT),
            "reporter": {"personnavn": "Tante Oppdiktet"},
            "files": self.files,
        }
        return httpx.Response(200, json=content)

    def error(self, status: int, reason: str) -> httpx.Response:
        return httpx.Response(status, json={"error": {"reason": reason, "message": "Nei.", "detail": "no"}})


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNode:
    layout, node = Layout(tmp_path / "data"), FakeNode()
    write_state(layout, State(str(layout.data), "http://portal.test", "", ProcessRef(0, ""), {}, [NODE], {}))
    monkeypatch.setattr(Instance, "open", Instance.find)
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(node)))
    monkeypatch.chdir(tmp_path)
    return node


def run(*arguments: str, kommune: str = "4601") -> Result:
    return CliRunner().invoke(samvern, ["inbox", *arguments, "--kommune", kommune, "--data", "data"])


def ok(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_list_is_an_array_of_all_pages(node: FakeNode) -> None:
    assert json.loads(ok("list", "--json")) == node.listed
    assert node.user == "kari@x"
    assert node.asked == []
    assert ok("list").splitlines()[1].endswith("HASTER")


@pytest.mark.parametrize(("which", "number"), [("2", "2"), ("sv tvrh-qvq4 2", "3"), (None, "1")])
def test_one_reads_by_number_by_reference_or_the_oldest_unopened(
    node: FakeNode, which: str | None, number: str
) -> None:
    told = ok("read", *([which] if which else []), "--reason", "Derfor")
    assert node.asked == [(f"read {number}", "Derfor")]
    assert "Oppdiktet æøå" in told
    assert "NAVNET IKKE GIS VIDERE" in told


def test_export_writes_the_very_bytes_and_the_name_apart(node: FakeNode) -> None:
    written = json.loads(ok("export", "2", "--out", "ut", "--json"))
    folder = Path("ut")
    assert (folder / "bekymringsmelding.json").read_bytes() == DOCUMENT
    assert (folder / "vedlegg-1.pdf").read_bytes() == PDF
    assert json.loads((folder / "melder-skjult.json").read_bytes()) == {"personnavn": "Tante Oppdiktet"}
    assert written["files"] == [str(path) for path in (folder / name for name in (
        "bekymringsmelding.json", "vedlegg-1.pdf", "melder-skjult.json"))]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_export_of_all_has_a_folder_for_each(node: FakeNode) -> None:
    ok("export", "--out", "ut")
    assert sorted(path.name for path in Path("ut").iterdir()) == ["SV-RZDW-Q3S1-K", "SV-TVRH-QVQ4-2", "SV-Z24R-ZCHZ-0"]


def test_confirm_ticks_one(node: FakeNode) -> None:
    assert "bekreftet" in ok("confirm", "2")
    assert node.asked == [("confirm 2", "Funnet igjen i fagsystemet")]


def test_what_cannot_be_opened_is_not_exported(node: FakeNode) -> None:
    node.files, node.problems = [], ["unreadable"]
    result = run("export", "2", "--out", "ut")
    assert result.exit_code == 1
    assert "lar seg ikke åpne" in result.stderr


@pytest.mark.parametrize("which", ["9", "SV-0000-0000-0", "tull"])
def test_what_is_not_there_is_said(node: FakeNode, which: str) -> None:
    assert run("read", which).exit_code == 1


def test_a_kommune_without_a_node_or_a_node_that_is_away_cannot_be_reached(node: FakeNode) -> None:
    assert run("list", kommune="0301").exit_code == 3
    node.is_away = True
    assert run("list").exit_code == 3
