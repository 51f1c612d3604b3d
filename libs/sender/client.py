"""The native API from the sender's side, over HTTP (httpx). Answers are believed only where a signature proves them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import msgspec
from samvern.types.v1 import errors_pb2

from libs.errors import Internal, OutcomeUnknown, Unavailable, error_for
from libs.sealing import base64url
from libs.sealing.secret import Derived
from libs.sender.submission import Address, Submission
from libs.statements import Root
from libs.statements.payloads import Receipt

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
        return Address.verified(answer["label"], self.root, now)

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
        return Accepted(answer["receipt"], submission.verified(answer["receipt"], self.root))

    def status(self, derived: Derived) -> dict[str, Any]:
        """Receipt, copies and steps, for who holds the secret. Raises NotFound."""
        fields = {name: base64url.encode(getattr(derived, name)) for name in ("lookup_id", "access_token")}
        return self._call("POST", f"{API}/status", content=msgspec.json.encode(fields))

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            headers = {"content-type": "application/json"}
            response = self.http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise Unavailable("the portal does not answer; is it running?", retry_after_seconds=5) from error
        try:
            answer: dict[str, Any] = msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise Internal(f"the portal answered {response.status_code} with something that is not ours") from error
        if response.is_success:
            return answer
        problem = answer.get("error", {})
        reason = errors_pb2.ErrorReason.Value(f"ERROR_REASON_{problem.get('reason', 'INTERNAL')}")
        raise error_for(reason, str(problem.get("detail", "")), problem.get("retry_after_seconds"))
