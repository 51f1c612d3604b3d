"""The keys by what they sign, each with the root's certification; made and opened over any keystore.

The root certifies and signs nothing else. Its certifications of the label and the snapshot key are made when the
service is provisioned, last ten years and are made anew at half of that, so that equal payloads give equal statements.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import msgspec

from libs.errors import Precondition, StatementRefused
from libs.keystore import Keystore
from libs.sealing import base64url
from libs.statements import Root, SigningKey, Typ, sign, verify
from libs.statements.envelope import kid_of
from libs.statements.payloads import Certification, decode, moment, timestamp
from libs.tlog.note import VerifierKey

Purpose = Literal["label", "snapshot"]
PURPOSES: tuple[Purpose, ...] = ("label", "snapshot")
ROOT = "root"
VALID_DAYS = 3653
RENEW_BELOW_DAYS = VALID_DAYS // 2
BACKDATED_DAYS = 1
"""So that a verifier whose clock is behind accepts what a new instance signs."""


class Certifications(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The root's certifications of the keys that this service signs with."""

    label: str
    snapshot: str

    def of(self, purpose: Purpose) -> str:
        """The certification for one purpose."""
        return {"label": self.label, "snapshot": self.snapshot}[purpose]


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key of one log's checkpoints."""

    verifier: VerifierKey
    signing: SigningKey


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every key of the service, ready to sign."""

    root: SigningKey
    label: SigningKey
    snapshot: SigningKey
    logs: Mapping[str, LogKey]


async def provision(keystore: Keystore, now: datetime, existing: Certifications | None) -> tuple[Root, Certifications]:
    """The root and certifications that hold; every key exists. What exists and still holds for long stays as it is."""
    root = await _signing_key(keystore, ROOT)
    label, snapshot = [
        await _certification(keystore, root, purpose, now, existing.of(purpose) if existing else None)
        for purpose in PURPOSES
    ]
    return Root(root.public_key), Certifications(label, snapshot)


async def log_key(keystore: Keystore, log: str, origin: str) -> LogKey:
    """The checkpoint key of a log, which exists from now on."""
    signing = await _signing_key(keystore, f"checkpoint-{log}")
    return LogKey(VerifierKey(origin, signing.public_key), signing)


async def open_keyring(
    keystore: Keystore, certifications: Certifications, origins: Mapping[str, str], now: datetime
) -> Keyring:
    """The keys, whose certifications hold now. Raises Precondition where they do not: provision the service."""
    root = await _signing_key(keystore, ROOT)
    label, snapshot = [await _certified(keystore, root, certifications, purpose, now) for purpose in PURPOSES]
    return Keyring(root, label, snapshot, {log: await log_key(keystore, log, origins[log]) for log in origins})


async def _signing_key(keystore: Keystore, name: str) -> SigningKey:
    return SigningKey(await keystore.ensure_signing_key(name), partial(keystore.sign, name))


async def _certified(
    keystore: Keystore, root: SigningKey, certifications: Certifications, purpose: Purpose, now: datetime
) -> SigningKey:
    key = await _signing_key(keystore, purpose)
    certification = certifications.of(purpose)
    if _days_left(certification, key, root, purpose, now) <= 0:
        raise Precondition(f"the certification of the {purpose} key does not hold; provision the service")
    return SigningKey(key.public_key, key.sign, certification)


async def _certification(
    keystore: Keystore, root: SigningKey, purpose: Purpose, now: datetime, existing: str | None
) -> str:
    key = await _signing_key(keystore, purpose)
    if existing is not None and _days_left(existing, key, root, purpose, now) > RENEW_BELOW_DAYS:
        return existing
    payload = Certification(
        subject_kid=kid_of(key.public_key),
        x=base64url.encode(key.public_key),
        purpose=purpose,
        valid_from=timestamp(now - timedelta(days=BACKDATED_DAYS)),
        valid_to=timestamp(now + timedelta(days=VALID_DAYS)),
    )
    return await sign(root, Typ.CERTIFICATION, payload.encode())


def _days_left(statement: str, key: SigningKey, root: SigningKey, purpose: Purpose, now: datetime) -> float:
    """For how long the statement certifies this key for this purpose; nothing where it does not."""
    try:
        certification = decode(verify(statement, Typ.CERTIFICATION, Root(root.public_key)), Certification)
        if (certification.subject_kid, certification.purpose) != (kid_of(key.public_key), purpose):
            return 0
        if now < moment(certification.valid_from):
            return 0
        return (moment(certification.valid_to) - now) / timedelta(days=1)
    except StatementRefused:
        return 0
