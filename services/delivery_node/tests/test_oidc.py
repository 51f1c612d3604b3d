"""Whom a login provider is believed to have logged in."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from libs.errors import AccessDenied, SamvernError, Unauthenticated, Unavailable
from libs.testing.world import FakeClock, SeededIds
from services.delivery_node.config import OidcConfig
from services.delivery_node.facts import Person
from services.delivery_node.pages.oidc import Attempt, OidcProvider

ISSUER = "https://login.fjellvik.example.no"
CLIENT = "samvern-innboks"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
Change = Callable[[dict[str, Any]], None]


class MadeUpIssuer:
    """Answers as a provider does; `claims` and `header` of its ID token may be changed."""

    def __init__(self, clock: FakeClock) -> None:
        self.seconds = int(clock.now().timestamp())
        self.claims: dict[str, Any] = {}
        self.header = {"alg": "RS256", "kid": "k1"}
        self.key: RSAKey | OctKey = KEY
        self.forms: list[dict[str, list[str]]] = []
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
        }
        self.token_status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.forms.append(parse_qs(request.content.decode()))
            return httpx.Response(self.token_status, json={"access_token": "a", "id_token": self.token()})
        if request.url.path == "/jwks":
            return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        return httpx.Response(200, json=self.metadata)

    def token(self) -> str:
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "0123",
            "name": "Kari",
            "nonce": ATTEMPT.nonce,
            "groups": ["mottak"],
        }
        times = {"iat": self.seconds, "exp": self.seconds + 300}
        return jwt.encode(self.header, {**claims, **times, **self.claims}, self.key)


ATTEMPT = Attempt.new(SeededIds())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def issuer(clock: FakeClock) -> MadeUpIssuer:
    return MadeUpIssuer(clock)


@pytest.fixture
def provider(tmp_path: Path, clock: FakeClock, issuer: MadeUpIssuer) -> OidcProvider:
    return _provider(tmp_path, clock, issuer)


def _provider(folder: Path, clock: FakeClock, issuer: MadeUpIssuer, **fields: str) -> OidcProvider:
    (folder / "secret").write_text("a secret\n")
    config = OidcConfig(issuer=ISSUER, client_id=CLIENT, client_secret_file=folder / "secret", **fields)
    http = httpx.AsyncClient(transport=httpx.MockTransport(issuer))
    return OidcProvider(config, "https://innboks.example.no/callback", http, clock)


async def test_the_browser_is_sent_off_with_state_nonce_and_challenge(provider: OidcProvider) -> None:
    url = urlsplit(await provider.login_url(ATTEMPT))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(ATTEMPT.verifier.encode()).digest()).rstrip(b"=").decode()
    assert (query["tenant"], query["response_type"], query["client_id"]) == ("1", "code", CLIENT)
    assert (query["state"], query["nonce"]) == (ATTEMPT.state, ATTEMPT.nonce)
    assert (query["code_challenge"], query["code_challenge_method"]) == (challenge, "S256")


async def test_a_true_token_says_who_it_is(provider: OidcProvider, issuer: MadeUpIssuer) -> None:
    assert await provider.person(ATTEMPT, "code") == Person("0123", "Kari")
    (form,) = issuer.forms
    assert form["code_verifier"] == [ATTEMPT.verifier]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example.no"},
        {"aud": "another-client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 0},
        {"sub": None},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
    ],
    ids=str,
)
async def test_a_token_for_another_or_of_another_time_is_refused(
    provider: OidcProvider, issuer: MadeUpIssuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    with pytest.raises(Unauthenticated):
        await provider.person(ATTEMPT, "code")


async def test_a_token_signed_by_another_or_by_a_shared_key_is_refused(
    provider: OidcProvider, issuer: MadeUpIssuer
) -> None:
    issuer.key = RSAKey.generate_key(2048, {"kid": "k1"})
    with pytest.raises(Unauthenticated):
        await provider.person(ATTEMPT, "code")
    issuer.key, issuer.header = OctKey.generate_key(256, {"kid": "k1"}), {"alg": "HS256", "kid": "k1"}
    with pytest.raises(Unauthenticated):
        await provider.person(ATTEMPT, "code")


async def test_a_provider_by_another_name_is_refused(provider: OidcProvider, issuer: MadeUpIssuer) -> None:
    issuer.metadata["issuer"] = "https://other.example.no"
    with pytest.raises(Unauthenticated):
        await provider.login_url(ATTEMPT)


@pytest.mark.parametrize(("status", "error"), [(400, Unauthenticated), (503, Unavailable)])
async def test_a_provider_that_refuses_or_fails_is_told_apart(
    provider: OidcProvider, issuer: MadeUpIssuer, status: int, error: type[SamvernError]
) -> None:
    issuer.token_status = status
    with pytest.raises(error):
        await provider.person(ATTEMPT, "code")


async def test_where_a_role_is_asked_for_it_must_be_there(
    tmp_path: Path, clock: FakeClock, issuer: MadeUpIssuer
) -> None:
    provider = _provider(tmp_path, clock, issuer, role_claim="groups", role_value="mottak")
    assert (await provider.person(ATTEMPT, "code")).name == "Kari"
    issuer.claims = {"groups": "annet"}
    with pytest.raises(AccessDenied):
        await provider.person(ATTEMPT, "code")
