"""What a directory snapshot says: every kommune, its history, postal codes, bydeler and tjenester, at one version."""

from typing import Literal

import msgspec

from libs.statements.payloads import Certificate, Channel, Custody, Payload, ProofKey


class Kommune(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kommune of today. `navn_alle` has its names in all official languages, the Norwegian one first."""

    nummer: str
    navn: str
    navn_offisielt: str
    navn_alle: tuple[str, ...]
    fylkesnummer: str
    fylke: str
    nettsted: str


class Endring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number that ended, and the kommuner of today that its area belongs to: several after a split."""

    gammelt_nummer: str
    gammelt_navn: str
    dato: str
    naavaerende: tuple[str, ...]


class Postnummer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A postal code: a proposal for a kommune, never a decision. kategori "P" is post boxes, "" unknown."""

    nummer: str
    sted: str
    kommuner: tuple[str, ...]
    kategori: str


class Bydel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bydel of a kommune."""

    kommune: str
    nummer: str
    navn: str
    har_egen_tjeneste: bool


class ServedPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place that a tjeneste serves; bydel "00" is the whole kommune."""

    kommune: str
    bydel: str


class Tjeneste(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A connected barnevernstjeneste. Its phone number is "" when it is not known."""

    id: str
    navn: str
    channel: Channel
    custody: Custody
    places: tuple[ServedPlace, ...]
    certificates: tuple[Certificate, ...]
    proof_keys: tuple[ProofKey, ...]
    telefon: str
    is_demo: bool
    standard_bydel: str
    """The bydel used when the reporter does not know; "" when the reporter must choose."""


class Snapshot(Payload, frozen=True, kw_only=True):
    """The directory at one version."""

    v: Literal[1] = 1
    version: int
    issued_at: str
    kommuner: tuple[Kommune, ...]
    endringer: tuple[Endring, ...]
    postnummer: tuple[Postnummer, ...]
    bydeler: tuple[Bydel, ...]
    tjenester: tuple[Tjeneste, ...]
