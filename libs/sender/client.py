"""The native API from the sender's side, over HTTP (httpx). Answers are believed only where a signature proves them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import msgspec

from libs.errors import Internal, OutcomeUnknown, SamvernError, Unavailable, error_for
from libs.sealing import base64url
from libs.sealing.secret import Derived
from libs.sender.submission import Address, Submission
from libs.statements import Root
from libs.statements.payloads import Receipt
from samvern.types.v1 import errors_pb2

API = "/api/native/v1"
SUBMIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A verified receipt, as statement and as what it says."""

    statement: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class NativeClient:
    """One portal. Raises our errors: those the portal names, Unavailable when it cannot be reached."""

    http: httpx.Client
    root: Root

    def address(self, kommunenummer: str, bydelsnummer: str, now: datetime) -> Address:
        """The verified address of a place; an old kommunenummer gives today's."""
        answer = self._call("GET", f"{API}/labels/{kommunenummer}/{bydelsnummer}")
        return Address.verified(_text(answer, "label"), self.root, now)

    def submit(self, submission: Submission) -> Accepted:
        """The receipt, verified to be for this submission. Safe to repeat with the same submission.

        Raises OutcomeUnknown when no answer came: repeat.
        """
        try:
            answer = self._call("POST", f"{API}/meldinger", content=submission.body, timeout=SUBMIT_SECONDS)
        except Unavailable as error:
            if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                raise
            if isinstance(error.__cause__, httpx.HTTPError):
                raise OutcomeUnknown("no answer came; send the same submission again") from error
            raise
        receipt = _text(answer, "receipt")
        return Accepted(receipt, submission.verified(receipt, self.root))

    def status(self, derived: Derived) -> dict[str, Any]:
        """Receipt, copies and steps, for who holds the secret. Raises NotFound."""
        fields = {name: base64url.encode(getattr(derived, name)) for name in ("lookup_id", "access_token")}
        return self._call("POST", f"{API}/status", content=msgspec.json.encode(fields))

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            headers = {"content-type": "application/json"}
            response = self.http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise Unavailable("the portal does not answer; is it running?") from error
        try:
            answer: dict[str, Any] = msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise Internal(f"the portal answered {response.status_code} with something that is not ours") from error
        if response.is_success:
            return answer
        raise _refusal(answer.get("error"))


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise Internal(f"the portal's answer has no {name}")
    return value


def _refusal(problem: object) -> SamvernError:
    """The portal's error as ours; what it says to people (Norwegian) is added as notes."""
    try:
        said = msgspec.convert(problem, _Problem)
    except msgspec.ValidationError:
        return Internal("the portal answered with an error that is not ours")
    reasons: dict[str, int] = dict(errors_pb2.ErrorReason.items())
    error = error_for(reasons.get(f"ERROR_REASON_{said.reason}", 0), said.detail, said.retry_after_seconds)
    for line in said.for_people():
        error.add_note(line)
    return error


class _Phone(msgspec.Struct, frozen=True):
    name: str
    number: str


class _Contact(msgspec.Struct, frozen=True):
    website: str = ""
    phones: tuple[_Phone, ...] = ()


class _Problem(msgspec.Struct, frozen=True):
    reason: str
    message: str = ""
    detail: str = ""
    retry_after_seconds: float | None = None
    contact: _Contact | None = None

    def for_people(self) -> list[str]:
        contact = self.contact or _Contact()
        phones = [f"{phone.name}: {phone.number}" for phone in contact.phones]
        return [line for line in (self.message, *phones, contact.website) if line]
