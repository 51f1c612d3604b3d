"""Small values that all services share. Each parses from text, refusing what it is not, and prints as that text.

The numbers are KS's and SSB's: a kommunenummer has four digits, a bydelsnummer two, "00" where there are no bydeler.
"""

import re
import uuid
from dataclasses import dataclass
from typing import Self

from libs.errors import Malformed
from libs.values.reference import Reference as Reference

WHOLE_KOMMUNE = "00"
MAX_BODY_BYTES = 5_000_000
"""The one size limit of a whole melding, as HTTP body; KS's own (ks-producer-api 3.2)."""


@dataclass(frozen=True, slots=True, order=True)
class _Text:
    value: str

    def __str__(self) -> str:
        return self.value


def _matched(pattern: str, text: str, expected: str) -> str:
    if re.fullmatch(pattern, text, re.ASCII) is None:
        raise Malformed(f"got {len(text)} characters that are not {expected}")
    return text


@dataclass(frozen=True, slots=True, order=True)
class Kommunenummer(_Text):
    """Number of a kommune, of today or of its day: four digits."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number; raises Malformed."""
        return cls(_matched(r"[0-9]{4}", text, "a kommunenummer: four digits, for instance 4601"))


@dataclass(frozen=True, slots=True, order=True)
class Bydelsnummer(_Text):
    """Number of a bydel within its kommune: two digits; "00" is the whole kommune."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The number; raises Malformed."""
        return cls(_matched(r"[0-9]{2}", text, "a bydelsnummer: two digits, 00 for a kommune without bydeler"))


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a child lives, as far as routing cares."""

    kommune: Kommunenummer
    bydel: Bydelsnummer

    @classmethod
    def parse(cls, kommunenummer: str, bydelsnummer: str) -> Self:
        """The place; raises Malformed."""
        return cls(Kommunenummer.parse(kommunenummer), Bydelsnummer.parse(bydelsnummer))

    def __str__(self) -> str:
        return f"{self.kommune}-{self.bydel}"


@dataclass(frozen=True, slots=True, order=True)
class TjenesteId(_Text):
    """Id of one barnevernstjeneste, which is also the name of its node and the receiver of its meldinger."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id; raises Malformed."""
        return cls(_matched(r"[a-z0-9][a-z0-9-]{1,62}", text, "a tjeneste id: a-z, 0-9 and hyphen, 2 to 63 characters"))


@dataclass(frozen=True, slots=True, order=True)
class MeldingId(_Text):
    """UUIDv4 of a melding in its 36-character lower-case form."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id; raises Malformed."""
        pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        return cls(_matched(pattern, text, "a melding id: a UUID of version 4, 36 lower-case characters"))

    @property
    def uuid(self) -> uuid.UUID:
        """The same as a UUID."""
        return uuid.UUID(self.value)


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest: 32 bytes."""

    value: bytes

    @classmethod
    def parse(cls, value: bytes) -> Self:
        """The digest; raises Malformed."""
        if len(value) != 32:
            raise Malformed(f"got a digest of {len(value)} bytes, expected 32")
        return cls(bytes(value))

    def hex(self) -> str:
        """64 lower-case hex digits."""
        return self.value.hex()

    def __str__(self) -> str:
        return self.hex()
