"""What the event log holds of an event: a salted hash of the signed statement that tells it, and nothing else.

Who holds the statement and the salt can show that the event was logged; who holds neither learns nothing, not even by
guessing, because the salt is as long as the hash. Erasing the salt makes the entry meaningless for ever.
"""

import hashlib

DOMAIN = b"samvern-commitment-v1\x00"
SALT_BYTES = 32


def commitment(salt: bytes, statement: str) -> bytes:
    """32 bytes: SHA-256 over DOMAIN, the salt and the statement (JWS compact)."""
    assert len(salt) == SALT_BYTES, "salts are drawn by us, and their length keeps salt and statement apart"
    return hashlib.sha256(DOMAIN + salt + statement.encode("ascii")).digest()
