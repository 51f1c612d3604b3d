"""Moments and amounts as Norwegians read them. Bokmål names; times are those of Norway, whatever the machine's zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

NORWAY = ZoneInfo("Europe/Oslo")

_WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
_MONTHS = (
    "januar", "februar", "mars", "april", "mai", "juni",
    "juli", "august", "september", "oktober", "november", "desember",
)  # fmt: skip


def long_date(day: date) -> str:
    """ "søndag 13. desember 2026"."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day}. {_MONTHS[day.month - 1]} {day.year}"


def long_moment(at: datetime) -> str:
    """ "søndag 22. november 2026 kl. 10.05"."""
    local = at.astimezone(NORWAY)
    return f"{long_date(local.date())} kl. {local:%H.%M}"


def local_time(at: datetime) -> str:
    """The moment as KS's documents write it: "2026-11-22T10:05:00", without offset."""
    return f"{at.astimezone(NORWAY):%Y-%m-%dT%H:%M:%S}"


def megabytes(size_bytes: int) -> str:
    """ "1,2 MB"."""
    return f"{size_bytes / 1_000_000:.1f}".replace(".", ",") + " MB"
