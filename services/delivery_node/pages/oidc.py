"""Logs a caseworker in at the kommune's own provider: OpenID Connect code flow with PKCE (RFC 7636), state and nonce.

The provider is believed about who somebody is, for anybody in its organisation: whoever controls it can read the inbox
under any name. Metadata and keys are read anew for each login: logins are rare, and nothing can go stale.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self
from urllib.parse import quote_plus

import httpx
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from libs.errors import AccessDenied, Unauthenticated, Unavailable
from libs.world import Clock, Ids
from services.delivery_node.config import OidcConfig
from services.delivery_node.facts import Person

CALL_SECONDS = 10.0
LEEWAY_SECONDS = 60
ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Of ID tokens: signatures of a public key only, whatever a token's header claims."""
NAME_CLAIMS = ("name", "preferred_username", "email")
"""The first of these is shown as the person's name."""
_SECRET_BYTES = 32


class Attempt(msgspec.Struct, frozen=True):
    """One login that has begun; kept in the sealed cookie of the browser that began it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls, ids: Ids) -> Self:
        """Three texts that nobody can guess."""
        texts = [base64.urlsafe_b64encode(ids.token(_SECRET_BYTES)).rstrip(b"=").decode() for _ in range(3)]
        return cls(*texts)


class LoginProvider(Protocol):
    """Who says who somebody is."""

    async def login_url(self, attempt: Attempt) -> str:
        """Where the browser goes to log in. Raises Unavailable."""
        ...

    async def person(self, attempt: Attempt, code: str) -> Person:
        """Who came back with this code. Raises Unauthenticated, AccessDenied, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class OidcProvider:
    """Implements LoginProvider over HTTP."""

    def __init__(self, config: OidcConfig, redirect_uri: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self._config = config
        self._redirect_uri = redirect_uri
        self._http = http
        self._clock = clock

    async def login_url(self, attempt: Attempt) -> str:
        """As in LoginProvider."""
        metadata = await self._metadata()
        params = [
            ("response_type", "code"),
            ("client_id", self._config.client_id),
            ("redirect_uri", self._redirect_uri),
            ("scope", self._config.scope),
            ("state", attempt.state),
            ("nonce", attempt.nonce),
            ("code_challenge", create_s256_code_challenge(attempt.verifier)),
            ("code_challenge_method", "S256"),
        ]
        url: str = add_params_to_uri(metadata.authorization_endpoint, params)
        return url

    async def person(self, attempt: Attempt, code: str) -> Person:
        """As in LoginProvider."""
        metadata = await self._metadata()
        token = await self._token(metadata, attempt, code)
        keys = await self._json("GET", metadata.jwks_uri)
        claims = self._claims(token, keys, attempt)
        self._check_role(claims)
        subject = str(claims["sub"])
        name = next(
            (str(claims[each]) for each in ("name", "preferred_username", "email") if claims.get(each)), subject
        )
        return Person(subject, name)

    async def _metadata(self) -> _Metadata:
        found = await self._json("GET", f"{self._config.issuer}/.well-known/openid-configuration")
        if found.get("issuer") != self._config.issuer:
            raise Unauthenticated("the login provider calls itself by another name than is configured")
        try:
            return _Metadata(*(str(found[name]) for name in _Metadata.__slots__))
        except KeyError as error:
            raise Unauthenticated("the login provider does not say where its endpoints are") from error

    async def _token(self, metadata: _Metadata, attempt: Attempt, code: str) -> str:
        secret = self._config.client_secret_file.read_text(encoding="utf-8").strip()
        credentials = f"{quote_plus(self._config.client_id)}:{quote_plus(secret)}".encode()  # RFC 6749 2.3.1
        answer = await self._json(
            "POST",
            metadata.token_endpoint,
            headers={"Authorization": f"Basic {base64.b64encode(credentials).decode()}"},
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._redirect_uri,
                "code_verifier": attempt.verifier,
            },
        )
        if not isinstance(answer.get("id_token"), str):
            raise Unauthenticated("the login provider gave no ID token")
        return str(answer["id_token"])

    def _claims(self, token: str, keys: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
        options = {
            "iss": {"essential": True, "value": self._config.issuer},
            "aud": {"essential": True, "value": self._config.client_id},
        }
        try:
            key_set = KeySet.import_key_set(keys)  # type: ignore[arg-type]
            decoded = jwt.decode(token, key_set, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))
            params = {"nonce": attempt.nonce, "client_id": self._config.client_id}
            claims: CodeIDToken = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError) as error:
            raise Unauthenticated("the login provider's ID token does not hold") from error
        found: Mapping[str, Any] = claims
        return found

    def _check_role(self, claims: Mapping[str, Any]) -> None:
        if self._config.role_claim is None:
            return
        roles = claims.get(self._config.role_claim, [])
        if self._config.role_value not in (roles if isinstance(roles, list) else [roles]):
            raise AccessDenied("this login does not have the role that reads this inbox")

    async def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, url, timeout=CALL_SECONDS, **options)
        except httpx.HTTPError as error:
            raise Unavailable("the login provider does not answer", retry_after_seconds=5.0) from error
        if response.status_code >= 500:
            raise Unavailable("the login provider answers with an error", retry_after_seconds=5.0)
        try:
            answer = msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise Unauthenticated("the login provider's answer is not a JSON object") from error
        if response.status_code != 200:
            raise Unauthenticated("the login provider refused")
        return answer
