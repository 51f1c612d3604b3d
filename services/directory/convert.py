"""From the wire to the domain and back; refuses what is malformed."""

import re
from collections.abc import Callable
from typing import TypeVar

from libs.errors import Malformed
from libs.sealing import base64url
from libs.statements.snapshot import Tjeneste as Published
from libs.values import WHOLE_KOMMUNE, Bydelsnummer, Place, TjenesteId
from samvern.directory.v1 import directory_pb2 as pb
from samvern.types.v1 import types_pb2
from services.directory.certificates import read_certificate
from services.directory.domain import Channel, Tjeneste

T = TypeVar("T")

MAX_TJENESTER = 400
MAX_PLACES = 500
MAX_NAME_CHARACTERS = 200
PROOF_KEY_BYTES = 32

_CHANNELS: dict[int, Channel] = {pb.CHANNEL_OWN_NODE: "own_node", pb.CHANNEL_HOSTED_NODE: "hosted_node"}
_PHONE = re.compile(r"\+?[0-9 ]{3,20}", re.ASCII)


def tjenester(request: pb.ImportTjenesterRequest) -> list[Tjeneste]:
    """The tjenester to import. Raises Malformed, naming the tjeneste and the field."""
    if not 1 <= len(request.tjenester) <= MAX_TJENESTER:
        raise Malformed(f"got {len(request.tjenester)} tjenester, expected 1 to {MAX_TJENESTER}")
    wanted = [_tjeneste(number, each) for number, each in enumerate(request.tjenester)]
    if len(dict.fromkeys(each.id for each in wanted)) != len(wanted):
        raise Malformed("a tjeneste stands twice in one import")
    return wanted


def place(message: types_pb2.Place) -> Place:
    """The place; raises Malformed."""
    return Place.parse(message.kommunenummer, message.bydelsnummer)


def tjeneste_message(published: Published) -> pb.Tjeneste:
    """A tjeneste as it was published."""
    channel = pb.CHANNEL_OWN_NODE if published.channel == "own_node" else pb.CHANNEL_HOSTED_NODE
    return pb.Tjeneste(
        tjeneste_id=published.id,
        navn=published.navn,
        places=[types_pb2.Place(kommunenummer=each.kommune, bydelsnummer=each.bydel) for each in published.places],
        channel=channel,
        case_certificate=base64url.decode(published.certificates[0].der),
        proof_public_key=base64url.decode(published.proof_keys[0].x),
        telefon=published.telefon,
        is_demo=published.is_demo,
        standard_bydelsnummer=published.standard_bydel,
    )


def _tjeneste(number: int, message: pb.Tjeneste) -> Tjeneste:
    tjeneste_id = _named(f"number {number}: tjeneste_id:", lambda: TjenesteId.parse(message.tjeneste_id))
    at = f"tjeneste {tjeneste_id}:"
    if message.channel not in _CHANNELS:
        raise Malformed(f"{at} channel: expected own node or hosted node")
    if not message.navn.strip() or len(message.navn) > MAX_NAME_CHARACTERS or not message.navn.isprintable():
        raise Malformed(f"{at} navn: expected one printable line of 1 to {MAX_NAME_CHARACTERS} characters")
    if len(message.proof_public_key) != PROOF_KEY_BYTES:
        raise Malformed(f"{at} proof_public_key: got {len(message.proof_public_key)} bytes, expected {PROOF_KEY_BYTES}")
    if message.telefon and _PHONE.fullmatch(message.telefon) is None:
        raise Malformed(f"{at} telefon: expected digits and spaces, for instance +47 22 22 22 22")
    return Tjeneste(
        id=tjeneste_id,
        navn=message.navn,
        places=_places(at, message),
        channel=_CHANNELS[message.channel],
        certificate=_named(at, lambda: read_certificate(message.case_certificate)),
        proof_public_key=message.proof_public_key,
        telefon=message.telefon,
        is_demo=message.is_demo,
        standard_bydel=_standard_bydel(at, message.standard_bydelsnummer),
    )


def _places(at: str, message: pb.Tjeneste) -> tuple[Place, ...]:
    if not 1 <= len(message.places) <= MAX_PLACES:
        raise Malformed(f"{at} places: got {len(message.places)}, expected 1 to {MAX_PLACES}")
    places = _named(f"{at} places:", lambda: sorted(place(each) for each in message.places))
    if len(dict.fromkeys(places)) != len(places):
        raise Malformed(f"{at} places: one stands twice")
    return tuple(places)


def _standard_bydel(at: str, text: str) -> Bydelsnummer | None:
    if not text:
        return None
    if text == WHOLE_KOMMUNE:
        raise Malformed(f"{at} standard_bydelsnummer: 00 is no bydel")
    return _named(f"{at} standard_bydelsnummer:", lambda: Bydelsnummer.parse(text))


def _named(at: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except Malformed as error:
        raise Malformed(f"{at} {error.detail}") from error
