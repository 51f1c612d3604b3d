"""Reports with a canary in every free field, and a PDF with one in its text."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any


def _word() -> str:
    return f"Kanarifugl{uuid.uuid4().hex[:12]}"


def _digits() -> str:
    return str(uuid.uuid4().int)[:16]


@dataclass(frozen=True)
class Canary:
    """A word and a number that stand nowhere else in the world, so that finding one means something."""

    word: str = field(default_factory=_word)
    digits: str = field(default_factory=_digits)

    @property
    def all(self) -> list[str]:
        """What to look for."""
        return [self.word, self.digits]

    def privat(self) -> dict[str, Any]:
        """A private reporter's document."""
        barn = {"antattAlder": f"{self.word} år", "relasjon": f"{self.word} nabo", **self._person("barn")}
        return {
            **_receiver(),
            "privatMelder": {"telefonnummer": self.digits, **self._person("melder")},
            "privatBarn": [barn, barn],
            "melding": f"Linje en.\nLinje to med {self.word} midt i.",
            "leveringskanal": f"{self.word} kanal",
        }

    def offentlig(self) -> dict[str, Any]:
        """A public reporter's document."""
        told = {"telefonnummer": self.digits, "orientert": False, "orientertGrunn": f"{self.word} grunn"}
        virksomhet = {"navn": f"{self.word} skole", "orgnr": self.digits, "adresse": self._adresse()}
        melder = {"personnavn": f"{self.word} rektor", "rolle": f"{self.word} rolle", "telefonnummer": self.digits}
        return {
            **_receiver(),
            "offentligMelder": {**melder, "epost": f"{self.word}@{self.word}.no", "virksomhet": virksomhet},
            "offentligBarn": [{"fnr": self.digits, "ufoedt": False, **self._person("barn"), **told}],
            "foresatte": [{"personnavn": f"{self.word} foresatt", **told}],
            "behovForTolk": f"{self.word} tolk",
            "andreHjelpeinstanser": f"{self.word} BUP",
            "melding": {name: f"{self.word} i {name}" for name in ("melding", "historie", "andreSynspunkter")},
            "leveringskanal": f"{self.word} kanal",
        }

    def pdf(self, size_bytes: int = 200_000) -> bytes:
        """A small valid PDF whose text is a canary, filled up with a comment."""
        text = f"BT /F1 12 Tf 72 720 Td ({self.word} i PDF) Tj ET".encode()
        page = b"/Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
        body = (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            + b"3 0 obj<<%s>>endobj\n4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (page, len(text), text)
            + b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
        )
        filler = b"%" + f"{self.word} ".encode() * ((size_bytes - len(body)) // (len(self.word) + 1)) + b"\n"
        return body + filler + b"trailer<</Root 1 0 R>>\n%%EOF\n"

    def _person(self, who: str) -> dict[str, Any]:
        return {"personnavn": f"{self.word} {who}", "adresse": self._adresse()}

    def _adresse(self) -> dict[str, str]:
        names = ("adresselinje1", "adresselinje2", "adresselinje3", "postnummer", "poststed")
        return {name: f"{self.word} {name}" for name in names}


def encoded(document: dict[str, Any]) -> bytes:
    """The document's bytes, as a case system would write them."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _receiver() -> dict[str, Any]:
    return {
        "kommunenummer": "4601",
        "kommunenavn": "Bergen",
        "bydelsnummer": "00",
        "bydelsnavn": "Bergen",
        "sendingstidspunkt": "2026-11-22T09:05:00",
    }
