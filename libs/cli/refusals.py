"""Our errors as a Norwegian sentence and an exit code, for the commands of a sender."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from libs.cli.failure import Failure, NothingRuns
from libs.errors import (
    DigestMismatch,
    Internal,
    KeyConflict,
    LabelRefused,
    Malformed,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    Precondition,
    SamvernError,
    SealMalformed,
    StatementRefused,
    TimedOut,
    TooLarge,
    Unavailable,
)
from libs.sealing.documents import DocumentRefused, FieldError

_SENTENCES: dict[type[SamvernError], str] = {
    Malformed: "Noe i det du oppga, har feil form",
    TooLarge: "Meldingen er for stor; med vedlegg kan den være 5 MB etter forsegling",
    NotFound: "Det finnes ikke noe slikt",
    NotConnected: "Barnevernstjenesten for dette stedet er ikke koblet til; ingenting er sendt",
    KeyConflict: "Nøkkelen er brukt før, for en annen melding; ingenting nytt er sendt",
    LabelRefused: "Adresseetiketten ble ikke godtatt; ingenting er sendt",
    DigestMismatch: "Kontrollsummen stemmer ikke; ingenting er sendt",
    SealMalformed: "Den forseglede meldingen ble ikke godtatt; ingenting er sendt",
    StatementRefused: "En signatur holder ikke",
    Precondition: "Kontrollen stemmer ikke",
    Overloaded: "Det er for mange samtidig; prøv igjen om litt",
    Unavailable: "Tjenesten svarer ikke nå; prøv igjen om litt",
    TimedOut: "Tjenesten svarte ikke i tide; prøv igjen",
    OutcomeUnknown: "Det kom ikke noe svar. Kjør samme kommando igjen: den sender den samme meldingen, ikke en ny",
    Internal: "Noe er galt hos oss",
}

_FAULTS = {
    "missing": "mangler",
    "wrong_type": "er av feil slag",
    "too_few": "har for få",
    "too_many": "har for mange",
    "not_json": "er ikke JSON i UTF-8",
    "unknown_document": "er verken en privat eller en offentlig bekymringsmelding",
    "not_four_digits": "er ikke fire sifre",
    "not_two_digits": "er ikke to sifre",
    "not_one_line": "er ikke på én linje",
    "not_a_telephone_number": "er ikke et telefonnummer",
    "not_an_email_address": "er ikke en e-postadresse",
    "not_a_local_time": "er ikke et tidspunkt som 2026-11-22T09:24:45",
}


@contextmanager
def in_norwegian() -> Iterator[None]:
    """Turns every error of ours into one that click shows. The first line says what is wrong; the detail is English."""
    try:
        yield
    except DocumentRefused as error:
        raise Failure("\n".join(["Dokumentet har feil:", *map(fault, error.fields)])) from error
    except SamvernError as error:
        kind = NothingRuns if _is_out_of_reach(error) else Failure
        raise kind("\n".join(_lines(error))) from error


def fault(error: FieldError) -> str:
    """One fault of a document, without what stood there."""
    return f"  {error.path or 'dokumentet'} {_FAULTS.get(error.code, error.code)} (expected {error.expected})"


def _lines(error: SamvernError) -> list[str]:
    """The portal's own sentence where it gave one."""
    said: list[str] = getattr(error, "__notes__", [])
    first, *others = said or [_SENTENCES.get(type(error), _SENTENCES[Internal])]
    return [f"{first.rstrip('.')}. [{error.reason_name}: {error.detail}]", *(f"  {line}" for line in others)]


def _is_out_of_reach(error: SamvernError) -> bool:
    return isinstance(error, Unavailable) and isinstance(error.__cause__, httpx.TransportError)
