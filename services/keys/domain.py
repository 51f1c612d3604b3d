"""What keys is willing to sign: which payloads are whole and true to themselves, and which tree follows which.

Keys cannot know whether a tjeneste exists or a label leads to the right one. It refuses what could not be right
whatever the facts: a certificate that its key id does not name, a place with two tjenester, a tree that forgets leaves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from cryptography import x509

from libs.errors import Malformed, Precondition, StatementRefused
from libs.sealing import base64url
from libs.sealing.jwe import public_key_of
from libs.statements.envelope import kid_of
from libs.statements.payloads import Certificate, Certification, Label, Named, ProofKey, decode, moment, timestamp
from libs.statements.snapshot import Snapshot, Tjeneste
from libs.tlog.proofs import verify_consistency
from libs.values import Place, TjenesteId

T = TypeVar("T", bound=msgspec.Struct)

MAX_CERTIFICATE_BYTES = 8_192
RECEIPT_KEY_DAYS = 30
OUTAGE_DAYS = 7
"""Intake accepts so long without keys, and signs afterwards what it accepted: a receipt key's certification begins so
long before the moment it is made."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One state of a log: number of leaves and RFC 6962 root."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Growth:
    """A tree whose checkpoint is asked for, and the proof that it begins with one of `from_size` leaves."""

    tree: Tree
    from_size: int
    consistency: tuple[bytes, ...]


def next_tree(last: Tree, asked: Growth) -> Tree:
    """The tree to sign: the one asked for, if it is the last one signed or grows from it. Raises Precondition."""
    if asked.tree == last:
        return last
    if asked.tree.size == last.size:
        raise Precondition(f"got another root than the one signed for the same {last.size} leaves")
    if asked.from_size != last.size:
        raise Precondition(f"got a proof from {asked.from_size} leaves, expected one from {last.size}, the last signed")
    verify_consistency(last.size, last.root, asked.tree.size, asked.tree.root, asked.consistency)
    return asked.tree


def receipt_certification(public_key: bytes, now: datetime) -> Certification:
    """That this key signs receipts: from an outage ago, for 30 days."""
    return Certification(
        subject_kid=kid_of(public_key),
        x=base64url.encode(public_key),
        purpose="receipt",
        valid_from=timestamp(now - timedelta(days=OUTAGE_DAYS)),
        valid_to=timestamp(now + timedelta(days=RECEIPT_KEY_DAYS)),
    )


def check_label(payload: bytes) -> None:
    """The payload is one that a label may have, in its one encoding. Raises Malformed."""
    label = _decoded(payload, Label)
    Place.parse(label.kommune.nummer, label.bydel.nummer)
    _check_tjeneste(label.tjeneste, label.certificates, label.proof_keys)
    if label.directory_version < 1:
        raise Malformed(f"got directory version {label.directory_version}, expected at least 1")
    issued, fresh, accept = (_moment(text) for text in (label.issued_at, label.fresh_until, label.accept_until))
    if not issued < accept or not issued <= fresh:
        raise Malformed("expected issued_at to be before fresh_until and accept_until")
    if accept > _earliest_end(label.certificates):
        raise Malformed("accept_until is later than the end of a certificate")


def check_snapshot(payload: bytes) -> None:
    """The payload is one that a snapshot may have, in its one encoding. Raises Malformed."""
    snapshot = _decoded(payload, Snapshot)
    if snapshot.version < 1:
        raise Malformed(f"got version {snapshot.version}, expected at least 1")
    _moment(snapshot.issued_at)
    _check_once("kommune", [kommune.nummer for kommune in snapshot.kommuner])
    _check_once("bydel", [str(Place.parse(bydel.kommune, bydel.nummer)) for bydel in snapshot.bydeler])
    _check_once("tjeneste", [tjeneste.id for tjeneste in snapshot.tjenester])
    known = dict.fromkeys(kommune.nummer for kommune in snapshot.kommuner)
    for tjeneste in snapshot.tjenester:
        _check_tjeneste(Named(tjeneste.id, tjeneste.navn), tjeneste.certificates, tjeneste.proof_keys)
        _earliest_end(tjeneste.certificates)
        if not tjeneste.places or any(place.kommune not in known for place in tjeneste.places):
            raise Malformed(f"tjeneste {tjeneste.id} serves no place, or one in an unknown kommune")
    _check_once("place served", _places(snapshot.tjenester))


def _decoded(payload: bytes, kind: type[T]) -> T:
    try:
        value = decode(payload, kind)
    except StatementRefused as error:
        raise Malformed(f"the payload does not say what a {kind.__name__} must say") from error
    if msgspec.json.encode(value) != payload:
        raise Malformed(f"the payload is not the one encoding of this {kind.__name__}")
    return value


def _check_tjeneste(named: Named, certificates: Sequence[Certificate], proof_keys: Sequence[ProofKey]) -> None:
    TjenesteId.parse(named.id)
    if not named.navn.strip() or not named.navn.isprintable():
        raise Malformed(f"tjeneste {named.id} has no name of one printable line")
    if "case" not in [certificate.purpose for certificate in certificates]:
        raise Malformed(f"tjeneste {named.id} has no certificate for the purpose case")
    for certificate in certificates:
        public_key_of(_der(certificate), certificate.key_id)
        if certificate.log_index < 0:
            raise Malformed(f"certificate {certificate.key_id} is not in the key log")
    for key in proof_keys:
        if kid_of(_raw_key(key.x)) != key.kid:
            raise Malformed(f"proof key {key.kid} is named by a thumbprint that is not its own")


def _earliest_end(certificates: Sequence[Certificate]) -> datetime:
    return min(x509.load_der_x509_certificate(_der(each)).not_valid_after_utc for each in certificates)


def _der(certificate: Certificate) -> bytes:
    if len(certificate.der) * 3 // 4 > MAX_CERTIFICATE_BYTES:
        raise Malformed(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    return base64url.decode(certificate.der)


def _raw_key(x: str) -> bytes:
    raw = base64url.decode(x)
    if len(raw) != 32:
        raise Malformed(f"got a proof key of {len(raw)} bytes, expected 32")
    return raw


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except StatementRefused as error:
        raise Malformed(error.detail) from error


def _places(tjenester: Iterable[Tjeneste]) -> list[str]:
    return [str(Place.parse(place.kommune, place.bydel)) for tjeneste in tjenester for place in tjeneste.places]


def _check_once(what: str, names: Sequence[str]) -> None:
    if len(dict.fromkeys(names)) != len(names):
        raise Malformed(f"a {what} stands twice")
