"""What the directory accepts about tjenester: each complete, each place served by one, each key used by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from libs.errors import Malformed
from libs.values import WHOLE_KOMMUNE, Bydelsnummer, Kommunenummer, Place, TjenesteId

Channel = Literal["own_node", "hosted_node"]

MIN_RSA_BITS = 3072
MIN_REMAINING = timedelta(days=30)
"""A certificate must outlive the longest outage (7 days) and leave time to be replaced at leisure."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A receiver certificate and what stands in it."""

    key_id: str
    der: bytes
    rsa_bits: int
    """0 for a key that is not RSA."""
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class Tjeneste:
    """A connected barnevernstjeneste."""

    id: TjenesteId
    navn: str
    places: tuple[Place, ...]
    """In order. Bydel "00" is the whole kommune."""
    channel: Channel
    certificate: Certificate
    proof_public_key: bytes
    telefon: str
    """"" when it is not known."""
    is_demo: bool
    standard_bydel: Bydelsnummer | None
    """None: the reporter must choose."""


@dataclass(frozen=True, slots=True)
class Logged:
    """Whose a certificate is, and its entry in the key log."""

    tjeneste_id: TjenesteId
    log_index: int


@dataclass(frozen=True, slots=True)
class Connected:
    """Who is connected now, and every certificate that ever was."""

    tjenester: tuple[Tjeneste, ...]
    certificates: Mapping[str, Logged]
    """By key id."""


def changed(current: Connected, wanted: Sequence[Tjeneste]) -> list[Tjeneste]:
    """Those of `wanted` that are new or differ, once all would stand together with the other current ones.

    Raises Malformed, naming the tjeneste and the field, where two serve one place or use one key.
    """
    before = {tjeneste.id: tjeneste for tjeneste in current.tjenester}
    after = dict(before)
    for tjeneste in wanted:
        after[tjeneste.id] = tjeneste
    _check_places(after)
    _check_keys(after, {key_id: logged.tjeneste_id for key_id, logged in current.certificates.items()})
    return [tjeneste for tjeneste in wanted if before.get(tjeneste.id) != tjeneste]


def check(tjeneste: Tjeneste, known: Mapping[Kommunenummer, object], now: datetime) -> None:
    """The tjeneste may be connected as far as it alone is concerned. Raises Malformed, naming the field."""
    for place in tjeneste.places:
        if place.kommune not in known:
            raise _refused(tjeneste, "places", f"{place.kommune} is not the number of a kommune today")
    bydeler = [place.bydel for place in tjeneste.places]
    if tjeneste.standard_bydel is not None and tjeneste.standard_bydel not in bydeler:
        raise _refused(tjeneste, "standard_bydelsnummer", f"{tjeneste.standard_bydel} is not among its places")
    certificate = tjeneste.certificate
    if certificate.rsa_bits < MIN_RSA_BITS:
        raise _refused(tjeneste, "case_certificate", f"expected an RSA key of at least {MIN_RSA_BITS} bits")
    if not certificate.valid_from <= now or certificate.valid_to < now + MIN_REMAINING:
        days = MIN_REMAINING.days
        raise _refused(tjeneste, "case_certificate", f"expected it to be valid now and for at least {days} days")


def _check_places(tjenester: Mapping[TjenesteId, Tjeneste]) -> None:
    served: dict[Kommunenummer, dict[Bydelsnummer, Tjeneste]] = {}
    for tjeneste in tjenester.values():
        for place in tjeneste.places:
            bydeler = served.setdefault(place.kommune, {})
            if place.bydel in bydeler:
                raise _refused(tjeneste, "places", f"{place} is served by {bydeler[place.bydel].id} already")
            bydeler[place.bydel] = tjeneste
    for kommune, bydeler in served.items():
        _check_kommune(kommune, bydeler)


def _check_kommune(kommune: Kommunenummer, bydeler: Mapping[Bydelsnummer, Tjeneste]) -> None:
    whole = bydeler.get(Bydelsnummer(WHOLE_KOMMUNE))
    standard: Tjeneste | None = None
    for bydel, tjeneste in bydeler.items():
        if whole is not None and len(bydeler) > 1 and bydel != Bydelsnummer(WHOLE_KOMMUNE):
            raise _refused(tjeneste, "places", f"{kommune}-{bydel} lies in {kommune}-00, which {whole.id} serves whole")
        if tjeneste.standard_bydel == bydel:
            if standard is not None:
                raise _refused(tjeneste, "standard_bydelsnummer", f"{standard.id} has the standard bydel of {kommune}")
            standard = tjeneste


def _check_keys(tjenester: Mapping[TjenesteId, Tjeneste], owners: Mapping[str, TjenesteId]) -> None:
    """A key belongs to one tjeneste for ever, so that a node that is lost harms its own kommuner only."""
    certificates, proof_keys = dict(owners), dict[bytes, TjenesteId]()
    for tjeneste in tjenester.values():
        owner = certificates.setdefault(tjeneste.certificate.key_id, tjeneste.id)
        if owner != tjeneste.id:
            raise _refused(tjeneste, "case_certificate", f"it is that of {owner}")
        owner = proof_keys.setdefault(tjeneste.proof_public_key, tjeneste.id)
        if owner != tjeneste.id:
            raise _refused(tjeneste, "proof_public_key", f"it is that of {owner}")


def _refused(tjeneste: Tjeneste, field: str, why: str) -> Malformed:
    return Malformed(f"tjeneste {tjeneste.id}: {field}: {why}")
