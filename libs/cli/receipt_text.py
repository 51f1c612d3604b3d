"""A receipt in Norwegian, for a terminal: what is proven, who could read, and what happens next."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from libs.statements.payloads import Receipt, moment

_NORWAY = ZoneInfo("Europe/Oslo")
_READERS = {
    "node": "ansatte i {tjeneste} som har med saken å gjøre; hver åpning blir logget",
    "hosted-node": "ansatte i {tjeneste}, og den som driver mottaket for kommunen; hver åpning blir logget",
    "sealing-process": "vår forseglingstjeneste, i det øyeblikket meldingen ble forseglet",
    "served-script": "den som eventuelt hadde endret skriptet på siden",
}
_DURABILITY = {"one disk": "på én disk", "two disks": "på to disker"}


def receipt_text(receipt: Receipt) -> str:
    """The receipt as lines."""
    place = f"{receipt.kommune.nummer} {receipt.kommune.navn}"
    if receipt.bydel.nummer != "00":
        place += f", bydel {receipt.bydel.nummer} {receipt.bydel.navn}"
    lines = {
        "Referanse": receipt.reference,
        "Mottatt": local_time(moment(receipt.received_at)),
        "Til": f"{receipt.tjeneste.navn} ({place})",
        "Nummer": f"{receipt.number} til denne tjenesten",
        "Lagret": f"ett eksemplar, {_DURABILITY[receipt.durability]}, til tjenesten har lagret sitt",
        "Svar innen": date.fromisoformat(receipt.feedback_due).strftime("%d.%m.%Y"),
    }
    text = [f"{name + ':':12}{value}" for name, value in lines.items()]
    text += ["Meldingen kan leses av:", *(f"  - {_reader(code, receipt.tjeneste.navn)}" for code in receipt.readers)]
    if receipt.is_urgent:
        text.append("Merket som akutt. Er det fare for liv, ring 112.")
    return "\n".join(text)


def local_time(at: datetime) -> str:
    """Norwegian time, wherever this machine stands."""
    return at.astimezone(_NORWAY).strftime("%d.%m.%Y kl. %H:%M")


def _reader(code: str, tjeneste: str) -> str:
    kind = code.partition(":")[0]
    return _READERS.get(kind, kind).format(tjeneste=tjeneste)
