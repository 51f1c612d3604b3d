"""What the receipt page says, from the receipt statement. static/js/kvittering.js fills the same page in a browser."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from libs.sealing import base64url
from libs.statements.payloads import Receipt, moment
from services.gateway.norwegian import long_date, long_moment


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """The page's values; all empty in the template that a browser fills."""

    statement: str = ""
    reference: str = ""
    tjeneste: str = ""
    received_at: str = ""
    feedback_due: str = ""
    readers: tuple[str, ...] = ()
    is_urgent: bool = False
    secret: str = ""
    document_sha256: str = ""
    digest: str = ""
    number: str = ""
    melding_id: str = ""


def receipt_page(
    statement: str, receipt: Receipt, texts: dict[str, Any], *, secret: str, document_sha256: str
) -> ReceiptPage:
    """The values for a receipt that has been verified."""
    return ReceiptPage(
        statement=statement,
        reference=receipt.reference,
        tjeneste=receipt.tjeneste.navn,
        received_at=long_moment(moment(receipt.received_at)),
        feedback_due=long_date(date.fromisoformat(receipt.feedback_due)),
        readers=tuple(reader_text(code, receipt.tjeneste.navn, texts) for code in receipt.readers),
        is_urgent=receipt.is_urgent,
        secret=secret,
        document_sha256=document_sha256,
        digest=base64url.decode(receipt.digest).hex(),
        number=f"{receipt.epoch}–{receipt.number}",
        melding_id=receipt.melding_id,
    )


def reader_text(code: str, tjeneste: str, texts: dict[str, Any]) -> str:
    """Who a reader code of a receipt stands for; a code of a newer intake is shown as it is."""
    kind = code.partition(":")[0]
    text = texts["kvittering"]["lesere"].get(kind, code)
    return str(text).replace("{tjeneste}", tjeneste)
