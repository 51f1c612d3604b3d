"""A small directory for tests: Oslo with two bydeler connected, Bergen whole, three neighbours sharing one tjeneste,
a kommune that is not connected, one that was split, and one of each kind of postal code."""

from libs.sealing import base64url
from libs.statements.payloads import Certificate, ProofKey
from libs.statements.snapshot import Bydel, Endring, Kommune, Postnummer, ServedPlace, Snapshot, Tjeneste

KOMMUNER = (
    ("0301", "Oslo"),
    ("1508", "Ålesund"),
    ("1580", "Haram"),
    ("3103", "Moss"),
    ("4601", "Bergen"),
    ("4638", "Høyanger"),
    ("4639", "Vik"),
    ("4640", "Sogndal"),
)
OSLO = ("Gamle Oslo", "Grünerløkka", "Sagene")
CERTIFICATE = Certificate("case", "key", base64url.encode(b"not read here"), 0)
PROOF_KEY = ProofKey("kid", "x")


def tjeneste(
    tjeneste_id: str,
    *places: tuple[str, str],
    certificate: Certificate = CERTIFICATE,
    proof_key: ProofKey = PROOF_KEY,
    standard_bydel: str = "",
) -> Tjeneste:
    """A tjeneste that serves these places."""
    return Tjeneste(
        id=tjeneste_id,
        navn=f"Barneverntjenesten {tjeneste_id}",
        channel="own_node",
        custody="node",
        places=tuple(ServedPlace(kommune, bydel) for kommune, bydel in places),
        certificates=(certificate,),
        proof_keys=(proof_key,),
        telefon="",
        is_demo=True,
        standard_bydel=standard_bydel,
    )


TJENESTER = (
    tjeneste("bergen", ("4601", "00")),
    tjeneste("indre-sogn", ("4640", "00"), ("4638", "00"), ("4639", "00")),
    tjeneste("oslo-gamle-oslo", ("0301", "01")),
    tjeneste("oslo-grunerlokka", ("0301", "02")),
)


def snapshot(*tjenester: Tjeneste, version: int = 1) -> Snapshot:
    """The directory with these tjenester, or with TJENESTER."""
    return Snapshot(
        version=version,
        issued_at="2026-11-22T09:00:00Z",
        kommuner=tuple(Kommune(nummer, navn, navn, (navn,), nummer[:2], "Fylket", "") for nummer, navn in KOMMUNER),
        endringer=(
            Endring("1201", "Bergen", "2020-01-01", ("4601",)),
            Endring("1507", "Ålesund", "2024-01-01", ("1508", "1580")),
            Endring("1504", "Ålesund", "2020-01-01", ("1508",)),
            Endring("1504", "Ålesund", "2024-01-01", ("1508", "1580")),
        ),
        postnummer=(
            Postnummer("5003", "Bergen", ("4601",), "G"),
            Postnummer("6270", "Brattvåg", ("1580",), "G"),
            Postnummer("6899", "Balestrand", ("4640", "4638"), "B"),
        ),
        bydeler=(
            *(Bydel("0301", f"{number:02}", navn, True) for number, navn in enumerate(OSLO, 1)),
            Bydel("4601", "01", "Arna", False),
        ),
        tjenester=tjenester or TJENESTER,
    )
