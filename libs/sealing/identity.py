"""The identity part before it is sealed: who reports, kept apart when a private reporter asks for that.

One JSON object, {"format", "melding_id", "privatMelder"}, the last as in the KS document, padded with blanks (white
space of JSON itself) to a size bucket. The report document then says PLACEHOLDER_NAME in the reporter's stead, because
the KS schema requires a name there.
"""

from typing import Literal

import msgspec

from libs.errors import SealMalformed
from libs.sealing.case import bucket_size
from libs.values import MeldingId

PURPOSE = "identity"
PLACEHOLDER_NAME = "Melderen ber om at navnet ikke gis videre (står i en egen forseglet del)"


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """An address as the KS document has it."""

    adresselinje1: str
    adresselinje2: str | None = None
    adresselinje3: str | None = None
    postnummer: str | None = None
    poststed: str | None = None


class PrivateReporter(msgspec.Struct, frozen=True, omit_defaults=True):
    """`privatMelder` of the KS document."""

    personnavn: str
    telefonnummer: str | None = None
    adresse: Address | None = None


class _Wire(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal["samvern-identity-1"]
    melding_id: str
    privatMelder: PrivateReporter  # noqa: N815 - the KS document's name


def pack_identity(melding_id: MeldingId, reporter: PrivateReporter) -> bytes:
    """The plaintext of an identity part, padded to its bucket."""
    wire = _Wire(format="samvern-identity-1", melding_id=str(melding_id), privatMelder=reporter)
    content = msgspec.json.encode(wire)
    return content.ljust(bucket_size(len(content)), b" ")


def open_identity(plaintext: bytes, melding_id: MeldingId) -> PrivateReporter:
    """Who reports. Raises SealMalformed, also where it is for another melding."""
    try:
        wire = msgspec.json.decode(plaintext, type=_Wire)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise SealMalformed("the identity part's content is not of the form samvern-identity-1") from error
    if wire.melding_id != str(melding_id) or len(plaintext) != bucket_size(len(plaintext)):
        raise SealMalformed("the identity part is for another melding, or not padded to its bucket")
    return wire.privatMelder
