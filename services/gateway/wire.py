"""The native API's JSON, strictly: unknown fields, wrong types and too many parts are refused by the decoder itself.

Bytes are base64url without padding; a sealed part is the compact JWE as text. One decode, and the bytes go on.
"""

from typing import Annotated, Literal, TypeVar

import msgspec

from libs.errors import Malformed
from libs.sealing import base64url
from samvern.intake.v1.intake_pb2 import SubmitMeldingRequest
from samvern.types.v1 import types_pb2
from services.gateway.limits import MAX_PARTS

T = TypeVar("T")

_TYPE = {"privat": types_pb2.MELDING_TYPE_PRIVAT, "offentlig": types_pb2.MELDING_TYPE_OFFENTLIG}
_SEALED_AT = {"browser": types_pb2.SEALING_PLACE_BROWSER, "sender": types_pb2.SEALING_PLACE_SENDER}
_SCOPE = {"browser": "portal", "sender": "native"}

Key = Annotated[str, msgspec.Meta(min_length=16, max_length=100)]
Short = Annotated[str, msgspec.Meta(max_length=100)]


class WirePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sealed part."""

    purpose: Short
    key_id: Short
    sealed: str


class WireSubmission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /api/native/v1/meldinger."""

    format: Literal["samvern-submit-1"]
    idempotency_key: Key
    melding_id: Short
    type: Literal["privat", "offentlig"]
    suite: Literal["jwe"]
    label: Annotated[str, msgspec.Meta(max_length=65_536)]
    parts: Annotated[list[WirePart], msgspec.Meta(min_length=1, max_length=MAX_PARTS)]
    digest: Short
    sealed_at: Literal["browser", "sender"]
    is_urgent: bool = False
    lookup_id: Short | None = None
    access_token_hash: Short | None = None


class WireStatusQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /api/native/v1/status."""

    lookup_id: Short
    access_token: Short


class WireStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a status."""

    step: str
    at: str
    proof: str | None = None


class WireStatus(msgspec.Struct, frozen=True):
    """The answer of POST /api/native/v1/status."""

    receipt: str
    copies: int
    steps: list[WireStep]


class WireReceipt(msgspec.Struct, frozen=True):
    """The answer of POST /api/native/v1/meldinger."""

    receipt: str


class WireLabel(msgspec.Struct, frozen=True):
    """The answer of GET /api/native/v1/labels/{kommune}/{bydel}."""

    label: str


_SUBMISSION = msgspec.json.Decoder(WireSubmission)
_QUESTION = msgspec.json.Decoder(WireStatusQuestion)


def decode_submission(body: bytes) -> SubmitMeldingRequest:
    """The request for intake. Raises Malformed, saying where the JSON is not as expected."""
    wire = _decoded(_SUBMISSION, body)
    request = SubmitMeldingRequest(
        sender_scope=_SCOPE[wire.sealed_at],
        idempotency_key=wire.idempotency_key,
        melding_id=wire.melding_id,
        type=_TYPE[wire.type],
        suite=wire.suite,
        label=wire.label,
        parts=[
            types_pb2.SealedPart(purpose=part.purpose, key_id=part.key_id, sealed=part.sealed.encode())
            for part in wire.parts
        ],
        digest=base64url.decode(wire.digest),
        sealed_at=_SEALED_AT[wire.sealed_at],
        is_urgent=wire.is_urgent,
    )
    if wire.lookup_id is not None:
        request.lookup_id = base64url.decode(wire.lookup_id)
    if wire.access_token_hash is not None:
        request.access_token_hash = base64url.decode(wire.access_token_hash)
    return request


def decode_question(body: bytes) -> tuple[bytes, bytes]:
    """Lookup id and access token. Raises Malformed."""
    wire = _decoded(_QUESTION, body)
    return base64url.decode(wire.lookup_id), base64url.decode(wire.access_token)


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"the JSON is not as expected: {_safe(str(error))}") from error


def _safe(complaint: str) -> str:
    """The decoder's words without what stood in the JSON: it quotes unknown names and values."""
    where = complaint.rpartition(" - at `")[2] if " - at `" in complaint else "$`"
    if complaint.startswith("Object contains unknown field"):
        return f"unknown field at `{where}"
    if complaint.startswith("Invalid enum value"):
        return f"a value that is not allowed at `{where}"
    return complaint
