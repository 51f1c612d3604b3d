"""The reference people read out on the phone: "SV-7K3M-9QXW-C".

Eight characters of Crockford's base32 (no I, L, O, U) and his check symbol, the number modulo 37: one mistyped
character or two swapped neighbours always give another one. Numbers whose check symbol is not of the same 32 characters
(his other five are signs and U) are never given out, so that a reference can be spelled.
"""

from dataclasses import dataclass
from typing import Self

from libs.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
RANDOM_BYTES = 5
"""Forty bits: eight characters of five bits."""

_CHECK_MODULUS = 37
_HEARD_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A reference; `value` is its nine bare characters, check letter last."""

    value: str

    @classmethod
    def from_random(cls, random_bytes: bytes) -> Self:
        """The reference of five random bytes."""
        number = int.from_bytes(random_bytes, "big")
        while number % _CHECK_MODULUS >= len(ALPHABET):
            number = (number + 1) % 2**40
        digits = [ALPHABET[number >> shift & 31] for shift in range(35, -5, -5)]
        return cls("".join(digits) + ALPHABET[number % _CHECK_MODULUS])

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reference as people write it: any case, with or without "SV" and hyphens. Raises Malformed."""
        bare = text.upper().strip().translate(_HEARD_AS)
        if len(bare) == LENGTH + 3 and bare.startswith("SV"):
            bare = bare[2:]
        if len(bare) != LENGTH + 1 or any(char not in ALPHABET for char in bare):
            raise Malformed("this is not a reference; one looks like SV-7K3M-9QXW-C")
        number = 0
        for char in bare[:LENGTH]:
            number = number * 32 + ALPHABET.index(char)
        if number % _CHECK_MODULUS != ALPHABET.index(bare[LENGTH]):
            raise Malformed("the check letter does not fit: a character of the reference is wrong")
        return cls(bare)

    def __str__(self) -> str:
        return f"SV-{self.value[:4]}-{self.value[4:8]}-{self.value[8]}"
