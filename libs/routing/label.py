"""What an address label of a place says."""

from datetime import datetime, timedelta

from cryptography import x509

from libs.errors import NotConnected, NotFound
from libs.routing.book import Book
from libs.sealing import base64url
from libs.statements.payloads import Label, Named, Numbered, timestamp
from libs.statements.snapshot import Tjeneste
from libs.values import Place

FRESH_FOR = timedelta(hours=24)
"""How long nobody need ask for a newer label. A stale one is still accepted, until its certificates end."""


def label_for(book: Book, place: Place, now: datetime) -> Label:
    """The label of a place in today's numbers, as `resolve` gives it; to be signed by keys.

    Raises NotFound for an unknown kommune, NotConnected where no tjeneste serves the place, or its certificates ended.
    """
    kommune = book.kommune(place.kommune)
    if kommune is None:
        raise NotFound(f"there is no kommune {place.kommune} today")
    tjeneste = book.tjeneste(place)
    if tjeneste is None:
        raise NotConnected(f"no barnevernstjeneste is connected for {place}")
    accept_until = _earliest_end(tjeneste)
    if now >= accept_until:
        raise NotConnected(f"the certificate of tjeneste {tjeneste.id} has ended")
    bydel = book.bydel(place)
    return Label(
        tjeneste=Named(tjeneste.id, tjeneste.navn),
        kommune=Numbered(kommune.nummer, kommune.navn),
        bydel=Numbered(str(place.bydel), bydel.navn if bydel is not None else ""),
        channel=tjeneste.channel,
        custody=tjeneste.custody,
        certificates=tjeneste.certificates,
        proof_keys=tjeneste.proof_keys,
        directory_version=book.snapshot.version,
        issued_at=timestamp(now),
        fresh_until=timestamp(min(now + FRESH_FOR, accept_until)),
        accept_until=timestamp(accept_until),
    )


def _earliest_end(tjeneste: Tjeneste) -> datetime:
    return min(
        x509.load_der_x509_certificate(base64url.decode(each.der)).not_valid_after_utc for each in tjeneste.certificates
    )
