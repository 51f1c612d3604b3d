"""Meldinger and sequence heads of a make-believe intake, signed by a throw-away trust. Invented people only."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from libs.keystore import MemoryKeystore, SelfSigned
from libs.sealing.case import CaseFile, Manifest, pack_case
from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.jwe import SUITE, key_id_of, seal_part
from libs.statements import Typ, sign
from libs.statements.envelope import b64
from libs.statements.payloads import Named, Numbered, Part, Receipt, SequenceHead, timestamp
from libs.testing.trust import TestTrust
from libs.testing.world import START, SeededIds
from libs.values import MeldingId, Reference, TjenesteId
from services.delivery_node.domain import Arrival, Head, MeldingNumber, arrival_of

RECEIVER = TjenesteId("fjellvik")
KEYSTORE = MemoryKeystore()
"""One for all tests: an RSA key takes a second to make."""

PRIVAT: dict[str, Any] = {
    "kommunenummer": "9901",
    "kommunenavn": "Fjellvik",
    "bydelsnummer": "00",
    "bydelsnavn": "Fjellvik",
    "privatMelder": {"personnavn": "Nabo Fantasi", "telefonnummer": "210-00-004"},
    "privatBarn": [
        {"personnavn": "Eirin Oppdiktet", "antattAlder": "ca. 6 år", "adresse": {"adresselinje1": "Lia 12"}},
        {"personnavn": "Even Oppdiktet", "adresse": {"adresselinje1": "Lia 12"}},
    ],
    "melding": "Oppdiktet beskrivelse av det som er sett.\nAndre linje med *stjerner* og #tegn.",
    "sendingstidspunkt": "2026-11-22T20:15:10",
    "leveringskanal": "Samvern portal",
}
OFFENTLIG: dict[str, Any] = {
    "kommunenummer": "9901",
    "kommunenavn": "Fjellvik",
    "bydelsnummer": "00",
    "bydelsnavn": "Fjellvik",
    "offentligMelder": {
        "personnavn": "Solveig Prøvesen",
        "rolle": "Helsesykepleier",
        "telefonnummer": "+47 210 00 001",
        "epost": "solveig.provesen@helse.fjellvik.example.no",
        "virksomhet": {
            "navn": "Fjellvik helsestasjon",
            "adresse": {"adresselinje1": "Tunet 4", "poststed": "FJELLVIK"},
        },
    },
    "offentligBarn": [
        {
            "fnr": "",
            "ufoedt": True,
            "personnavn": "Ukjent",
            "adresse": {"adresselinje1": "Lia 12"},
            "orientert": False,
            "orientertGrunn": "Barnet er ikke født",
        }
    ],
    "foresatte": [{"personnavn": "Ragnhild Oppdiktet", "orientert": True}],
    "behovForTolk": "Nei",
    "melding": {"melding": "Oppdiktet bekymring.", "historie": "Oppdiktet forhistorie.", "andreSynspunkter": "Ingen."},
    "sendingstidspunkt": "2026-11-22T09:05:00",
    "leveringskanal": "Fjellvik helsestasjon",
}

NODE = """
tjeneste_id = "fjellvik"
listen = "127.0.0.1:1"
http_listen = "127.0.0.1:2"
public_url = "http://127.0.0.1:2"
root = "root.json"
keystore_dir = "keys"
passphrase_file = "passphrase"
session_secret_file = "session"
tls = { certificate = "c", key = "k", ca = "a" }
peers.delivery = { address = "127.0.0.1:3", name = "service/delivery" }
db = { host = "h", port = 1, database = "d", user = "u", password_file = "p" }
oidc = { issuer = "http://127.0.0.1:4", client_id = "i", client_secret_file = "s" }
"""
"""A node's configuration."""


@dataclass
class Melding:
    """One melding as intake would hold it: sealed, numbered, receipted."""

    receipt: Receipt
    statement: str
    sealed: tuple[bytes, ...]
    traceparent: str = ""

    @property
    def which(self) -> MeldingNumber:
        """Its number."""
        return MeldingNumber(self.receipt.epoch, self.receipt.number)

    @property
    def parts(self) -> tuple[PartDigest, ...]:
        """Its parts."""
        return tuple(
            PartDigest.of(part.purpose, part.key_id, raw)
            for part, raw in zip(self.receipt.parts, self.sealed, strict=True)
        )

    @property
    def digest(self) -> bytes:
        """Its digest."""
        return melding_digest(SUITE, MeldingId(self.receipt.melding_id), RECEIVER, self.receipt.type, self.parts).value

    def head(self, **changes: Any) -> Head:
        """As delivery offers it."""
        head = Head(self.which, self.receipt.melding_id, self.digest, self.statement, self.parts, self.traceparent)
        return replace(head, **changes)

    def arrival(self) -> Arrival:
        """As the node keeps it."""
        return arrival_of(self.head(), self.receipt, RECEIVER)


@dataclass
class Centre:
    """Makes meldinger for one receiver."""

    trust: TestTrust
    keystore: MemoryKeystore
    certificate: bytes
    ids: SeededIds = field(default_factory=SeededIds)

    @classmethod
    async def new(cls) -> "Centre":
        """A trust, and a receiver with keys."""
        keystore = KEYSTORE
        await keystore.ensure_unwrapping_key("case")
        await keystore.ensure_signing_key("proof")
        contents = SelfSigned("fjellvik", 7, START, START + timedelta(days=730))
        return cls(await TestTrust.new(), keystore, await keystore.certify_unwrapping_key("case", contents))

    @property
    def key_id(self) -> str:
        """Of the receiver's certificate."""
        return key_id_of(self.certificate)

    def seal(self, melding_id: MeldingId, plaintext: bytes, purpose: str = "case") -> bytes:
        """A part sealed to the receiver."""
        return seal_part(plaintext, self.certificate, self.key_id, melding_id, RECEIVER, purpose)

    async def melding(
        self,
        number: int,
        epoch: int = 1,
        document: dict[str, Any] | None = None,
        files: tuple[CaseFile, ...] = (),
        identity: bytes | None = None,
        raw_case: bytes | None = None,
        **fields: Any,
    ) -> Melding:
        """A melding with this number; `raw_case` replaces the sealed case part by any bytes."""
        melding_id = MeldingId(str(self.ids.uuid4()))
        document = document or PRIVAT
        kind = "privat" if "privatMelder" in document else "offentlig"
        content = json.dumps(document, ensure_ascii=False, indent=1).encode()
        case_file = CaseFile("bekymringsmelding.json", "application/json", content)
        manifest = Manifest(melding_id, f"{kind}.v2", wants_name_withheld=identity is not None)  # type: ignore[arg-type]
        packed = pack_case(manifest, (case_file, *files))
        sealed = {"case": raw_case if raw_case is not None else self.seal(melding_id, packed)}
        if identity is not None:
            sealed["identity"] = self.seal(melding_id, identity, "identity")
        parts = [PartDigest.of(purpose, self.key_id, raw) for purpose, raw in sealed.items()]
        receipt = self._receipt(melding_id, kind, parts, epoch, number, START, fields)
        statement = await sign(self.trust.receipt, Typ.RECEIPT, receipt.encode())
        return Melding(receipt, statement, tuple(sealed.values()))

    def _receipt(
        self,
        melding_id: MeldingId,
        kind: str,
        parts: list[PartDigest],
        epoch: int,
        number: int,
        at: datetime,
        fields: dict[str, Any],
    ) -> Receipt:
        digest = melding_digest(SUITE, melding_id, RECEIVER, fields.get("type", kind), parts)
        values: dict[str, Any] = {
            "reference": str(Reference.from_random(self.ids.token(5))),
            "melding_id": str(melding_id),
            "tjeneste": Named(str(RECEIVER), "Fjellvik barneverntjeneste"),
            "kommune": Numbered("9901", "Fjellvik"),
            "bydel": Numbered("00", "Fjellvik"),
            "type": kind,
            "suite": SUITE,
            "digest": b64(digest.value),
            "parts": tuple(Part(each.purpose, each.key_id, b64(each.sha256), each.size_bytes) for each in parts),
            "epoch": epoch,
            "number": number,
            "received_at": timestamp(at),
            "held_by": "intake",
            "copies": 1,
            "durability": "one disk",
            "readers": ("node:fjellvik",),
            "feedback_due": date(2026, 12, 13).isoformat(),
            "label_is_stale": False,
            "is_urgent": False,
        }
        return Receipt(**{**values, **fields})

    async def sequence_head(self, last_number: int, epoch: int = 1, at: datetime = START, **fields: Any) -> str:
        """Intake's signed word on how many there are."""
        values = {"receiver": str(RECEIVER), "epoch": epoch, "last_number": last_number, "at": timestamp(at)}
        head = SequenceHead(**{**values, **fields})
        return await sign(self.trust.receipt, Typ.SEQUENCE_HEAD, head.encode())
