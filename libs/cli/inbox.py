"""A caseworker's session with a delivery node over HTTP, as a browser has it: the node's own login, its cookies, its
token against forged forms. Never its database or keystore.

The demo's stand-in login lets anyone be anyone: this fills in its form. A real provider has no such form.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import msgspec

from libs.cli.failure import Failure, NothingRuns
from libs.cli.state import NodeState

HTTP_SECONDS = 30.0
API = "/api/v1/meldinger"


class InboxFile(msgspec.Struct, frozen=True):
    """A file of an opened melding."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    content: str
    """Base64."""

    @property
    def bytes(self) -> bytes:
        """The file."""
        return base64.b64decode(self.content)


class OpenedMelding(msgspec.Struct, frozen=True):
    """What the node answers to read and export."""

    melding: dict[str, Any]
    problems: list[str]
    wants_name_withheld: bool
    document: dict[str, Any] | None
    reporter: dict[str, Any] | None
    """Who reports, where the name was sealed apart."""
    files: list[InboxFile]


class _Page(msgspec.Struct, frozen=True):
    meldinger: list[dict[str, Any]]
    older: str | None


class _Error(msgspec.Struct, frozen=True):
    reason: str
    message: str
    detail: str


class _ErrorBody(msgspec.Struct, frozen=True):
    error: _Error


@dataclass(frozen=True)
class Inbox:
    """A logged-in caseworker."""

    _http: httpx.Client

    @classmethod
    @contextmanager
    def open(cls, node: NodeState) -> Iterator[Self]:
        """The demo's caseworker of this node. Raises NothingRuns, Failure."""
        with httpx.Client(base_url=node.inbox, timeout=HTTP_SECONDS, trust_env=False) as http:
            inbox = cls(http)
            inbox._log_in(node)
            yield inbox

    def meldinger(self) -> list[dict[str, Any]]:
        """All of them, newest first, without content."""
        found: list[dict[str, Any]] = []
        before: str | None = ""
        while before is not None:
            page = msgspec.convert(self._call("GET", API, params={"before": before}), _Page)
            found += page.meldinger
            before = page.older
        return found

    def open_melding(self, melding: dict[str, Any], act: str, reason: str) -> OpenedMelding:
        """The melding in the clear; `act` is "read" or "export", both count as opened."""
        return msgspec.convert(self._call("POST", f"{_path(melding)}/{act}", json={"reason": reason}), OpenedMelding)

    def confirm(self, melding: dict[str, Any], reason: str) -> dict[str, Any]:
        """The melding, ticked as found again in the case system."""
        confirmed: dict[str, Any] = self._call("POST", f"{_path(melding)}/confirm", json={"reason": reason})["melding"]
        return confirmed

    def _log_in(self, node: NodeState) -> None:
        form = self._send("GET", "/login", follow_redirects=True)
        if str(form.url).startswith(f"{node.issuer}/"):
            form = self._send("POST", str(form.url), data={"sub": node.user}, follow_redirects=True)
        if form.status_code != 200 or not str(form.url).startswith(node.inbox):
            raise Failure(f"Innloggingen som {node.user} ved {node.inbox} ble ikke godtatt (HTTP {form.status_code}).")

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        token = next((cookie.value for cookie in self._http.cookies.jar if cookie.name.endswith("-c")), None)
        answer = self._send(method, path, headers={"x-csrftoken": token or ""}, **options)
        try:
            if answer.status_code == 200:
                return msgspec.json.decode(answer.content, type=dict[str, Any])
            error = msgspec.json.decode(answer.content, type=_ErrorBody).error
        except msgspec.MsgspecError as broken:
            raise Failure(f"Noden svarte noe annet enn ventet (HTTP {answer.status_code}).") from broken
        kind = NothingRuns if error.reason == "UNAVAILABLE" else Failure
        raise kind(f"{error.message} [{error.reason}: {error.detail}]")

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise NothingRuns(f"Får ikke kontakt med {self._http.base_url}: {type(error).__name__}") from error


def _path(melding: dict[str, Any]) -> str:
    return f"{API}/{melding['epoch']}/{melding['number']}"
