"""A node's HTTP side over the in-memory store, and a browser of one caseworker. The login provider is made up."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx
from litestar.types import ASGIApp

from libs.errors import Unauthenticated
from libs.loops.bell import Bell
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.testing.world import FakeClock, SeededIds
from libs.web.assets import Assets
from libs.web.pages import STATIC
from services.delivery_node.facts import Person
from services.delivery_node.opening import Opener
from services.delivery_node.pages.app import create_app
from services.delivery_node.pages.handling import Deps
from services.delivery_node.pages.oidc import Attempt
from services.delivery_node.pages.sessions import cookies
from services.delivery_node.pages.view import View
from services.delivery_node.printing.printer import PrintedMelding
from services.delivery_node.receiver_keys import ReceiverKeys
from services.delivery_node.store.memory import MemoryStore
from services.delivery_node.tests.factory import RECEIVER, Centre, Melding
from services.delivery_node.texts import Texts

URL = "http://127.0.0.1:9999"
KARI = Person("0123", "Kari Saksbehandler")


class MadeUpProvider:
    """Logs in whoever brings the code "good"."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []

    async def login_url(self, attempt: Attempt) -> str:
        self.attempts.append(attempt)
        return f"https://login.example.no/authorize?state={attempt.state}"

    async def person(self, attempt: Attempt, code: str) -> Person:
        if code != "good":
            raise Unauthenticated("the login provider refused")
        return KARI


class PlainPrinter:
    """Gives back what it was told to print."""

    def __init__(self) -> None:
        self.printed: list[PrintedMelding] = []

    async def pdf(self, melding: PrintedMelding, at: datetime) -> bytes:
        self.printed.append(melding)
        return b"%PDF-made-up"


@dataclass
class Node:
    """The node; `meldinger` go straight into its store."""

    app: ASGIApp
    store: MemoryStore
    centre: Centre
    clock: FakeClock
    provider: MadeUpProvider
    printer: PlainPrinter
    to_prove: Bell

    async def store_melding(self, melding: Melding) -> Melding:
        """The melding is proven stored."""
        now = self.clock.now()
        await self.store.remember_heads([melding.arrival()], now)
        await self.store.commit_bytes(melding.which, melding.sealed, now)
        await self.store.keep_proofs({(melding.which, "stored"): "a.b.c"}, now)
        return melding

    def browser(self) -> "Browser":
        """Somebody's browser, with an empty cookie jar."""
        return Browser(
            httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", self.app)), base_url=URL), self.provider
        )


@dataclass
class Browser:
    """A browser; `post` brings the page's token along, as a form does."""

    http: httpx.AsyncClient
    provider: MadeUpProvider

    async def log_in(self) -> None:
        """The whole round to the provider and back."""
        begun = await self.http.get("/login")
        assert begun.status_code == 302
        back = await self.http.get("/callback", params={"state": self.provider.attempts[-1].state, "code": "good"})
        assert (back.status_code, back.headers["location"]) == (302, "/")
        await self.get("/")

    async def get(self, path: str, **params: str) -> httpx.Response:
        """The page."""
        return await self.http.get(path, params=params)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """The page that a form leads to."""
        return await self.http.post(path, data={"_csrf_token": self.csrf, **fields})

    async def call(self, path: str, body: Any) -> httpx.Response:
        """An answer of the API."""
        return await self.http.post(path, json=body, headers={"x-csrftoken": self.csrf})

    @property
    def csrf(self) -> str:
        """The token in the cookie."""
        return next((cookie.value or "" for cookie in self.http.cookies.jar if cookie.name.endswith("-c")), "")


async def new_node(folder: Path, telemetry: Telemetry | None = None, keys: ReceiverKeys | None = None) -> Node:
    """A node with an empty inbox."""
    centre, clock, ids, store = await Centre.new(), FakeClock(), SeededIds(1), MemoryStore()
    secret = folder / "session"
    secret.write_text("0123456789abcdef" * 2)
    texts = Texts.load("nb")
    assets = Assets.load(STATIC, Path(__file__).parent.parent / "static")
    view = View(texts, assets, "Fjellvik barneverntjeneste", is_test_login=True)
    telemetry = telemetry or NoTelemetry()
    to_prove = Bell()
    keys = keys or ReceiverKeys({centre.key_id: "case"})
    opener = Opener(RECEIVER, store, centre.keystore, keys, clock, ids, telemetry, to_prove)
    provider, printer = MadeUpProvider(), PlainPrinter()
    deps = Deps(store, opener, provider, printer, view, clock, ids)
    app = create_app(deps, cookies(secret, URL), assets, telemetry, is_https=False)
    return Node(app, store, centre, clock, provider, printer, to_prove)
