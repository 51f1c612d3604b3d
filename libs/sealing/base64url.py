"""Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly: one text for each value.

The Python decoder skips characters it does not know and accepts stray bits at the end, so two texts could stand for
the same bytes. Here such a text is refused, and it can be refused without decoding it.
"""

import base64

from libs.errors import Malformed

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_LAST_OF_TWO = b"AQgw"
"""Last characters that leave no stray bits when two characters stand for one byte."""
_LAST_OF_THREE = b"AEIMQUYcgkosw048"
"""The same when three characters stand for two bytes."""


def encode(value: bytes) -> str:
    """The text, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decoded_length(text: bytes) -> int | None:
    """How many bytes the text stands for; None where it is not strict unpadded base64url. Decodes nothing."""
    rest = len(text) % 4
    if rest == 1 or text.translate(None, ALPHABET):
        return None
    if (rest == 2 and text[-1] not in _LAST_OF_TWO) or (rest == 3 and text[-1] not in _LAST_OF_THREE):
        return None
    return len(text) * 3 // 4


def decode(text: bytes | str) -> bytes:
    """The bytes of a strict text; raises Malformed."""
    raw = text.encode("utf-8") if isinstance(text, str) else text
    if decoded_length(raw) is None:
        raise Malformed(f"got {len(raw)} characters that are not base64url without padding")
    return base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
