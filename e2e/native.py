"""Submissions to an instance's native API, whole or spoiled on purpose."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from e2e.instance import EXAMPLES, Instance
from libs.sealing.documents import Document, validate
from libs.sender.client import NativeClient
from libs.sender.submission import Address, Content, Submission, build_submission
from libs.statements import Root
from libs.world.system import SystemClock, SystemIds

ENDPOINT = "/api/native/v1/meldinger"
Spoil = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Sender:
    """A case system beside the instance."""

    client: NativeClient

    @classmethod
    def of(cls, instance: Instance, http: httpx.Client) -> "Sender":
        """A sender that trusts the instance's root."""
        return cls(NativeClient(http, Root.load(instance.data / "trust" / "root.json")))

    def address(self, kommune: str = "4601", bydel: str = "00") -> Address:
        """The verified address of a place."""
        return self.client.address(kommune, bydel, SystemClock().now())

    def submission(self, address: Address, document: bytes | None = None) -> Submission:
        """A new submission of an example, or of the given document, to the address."""
        read: Document = validate(document or (EXAMPLES / "privat-bergen.json").read_bytes())
        content = Content(read.kind, "privat.v2" if read.kind == "privat" else "offentlig.v2", read.content)
        return build_submission(address, content, SystemIds())

    def post(self, body: bytes) -> httpx.Response:
        """The raw answer to a body."""
        return self.client.http.post(ENDPOINT, content=body, headers={"content-type": "application/json"})


def spoiled(submission: Submission, spoil: Spoil) -> bytes:
    """The submission's body after `spoil` has changed its fields."""
    fields: dict[str, Any] = json.loads(submission.body)
    spoil(fields)
    return json.dumps(fields).encode()
