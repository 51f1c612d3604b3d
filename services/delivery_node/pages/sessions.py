"""Who is logged in: in a cookie that only this node can read or write (AES-256-GCM, Litestar's).

There is no list of sessions: logging out removes the cookie from the browser, and a copy of it lives until it ends.
Cookies are shared by all ports of a host, so each node names its own.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.middleware.session.client_side import CookieBackendConfig

from libs.errors import Precondition, Unauthenticated
from services.delivery_node.facts import Person
from services.delivery_node.pages.oidc import Attempt

SESSION_SECONDS = 8 * 3600
"""A working day; then one logs in again."""
ATTEMPT_SECONDS = 600
MIN_SECRET_CHARS = 32

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cookies:
    """How the node's two cookies are sealed and named."""

    session: CookieBackendConfig
    csrf: CSRFConfig


def cookies(secret_file: Path, public_url: str) -> Cookies:
    """The cookies of this node. Raises Precondition where the secret is too short to be one."""
    secret = secret_file.read_text(encoding="utf-8").strip()
    if len(secret) < MIN_SECRET_CHARS:
        raise Precondition(f"the session secret is too short, expected at least {MIN_SECRET_CHARS} characters")
    is_https = public_url.startswith("https://")
    name = f"{'__Host-' if is_https else ''}samvern-{hashlib.sha256(public_url.encode()).hexdigest()[:12]}"
    return Cookies(
        CookieBackendConfig(
            secret=_derived(secret, b"session"),
            key=f"{name}-s",
            max_age=SESSION_SECONDS,
            secure=is_https,
            samesite="lax",
        ),
        CSRFConfig(
            secret=_derived(secret, b"csrf").hex(),
            cookie_name=f"{name}-c",
            cookie_secure=is_https,
            cookie_httponly=True,
            cookie_samesite="strict",
        ),
    )


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, b"samvern-node-cookies-v1", purpose).derive(secret.encode())


class _Begun(msgspec.Struct, frozen=True):
    attempt: Attempt
    until: datetime


class _SignedIn(msgspec.Struct, frozen=True):
    subject: str
    name: str
    until: datetime


def begin(request: AnyRequest, attempt: Attempt, now: datetime) -> None:
    """The browser carries the attempt; whoever was logged in is not any more."""
    begun = _Begun(attempt, now + timedelta(seconds=ATTEMPT_SECONDS))
    request.set_session({"begun": msgspec.to_builtins(begun)})


def take_attempt(request: AnyRequest, state: str, now: datetime) -> Attempt:
    """The attempt that this browser began, once. Raises Unauthenticated for another one's answer."""
    begun = _kept(request, "begun", _Begun)
    request.clear_session()
    if begun is None or now >= begun.until or begun.attempt.state != state:
        raise Unauthenticated("this answer of the login provider does not belong to a login begun here")
    return begun.attempt


def sign_in(request: AnyRequest, person: Person, now: datetime) -> None:
    """The browser is this person's for SESSION_SECONDS."""
    signed_in = _SignedIn(person.subject, person.name, now + timedelta(seconds=SESSION_SECONDS))
    request.set_session({"person": msgspec.to_builtins(signed_in)})


def sign_out(request: AnyRequest) -> None:
    """The browser is nobody's."""
    request.clear_session()


def person_of(request: AnyRequest, now: datetime) -> Person | None:
    """Who is logged in, if anybody."""
    signed_in = _kept(request, "person", _SignedIn)
    if signed_in is None or now >= signed_in.until:
        return None
    return Person(signed_in.subject, signed_in.name)


def _kept(request: AnyRequest, name: str, kind: type[T]) -> T | None:
    try:
        return msgspec.convert(request.session.get(name), kind)
    except msgspec.ValidationError:
        return None
