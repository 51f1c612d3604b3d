"""Who calls: the one URI name of the peer's verified certificate (SPIFFE-ID, section 2), and nothing else.

gRPC puts every subject alternative name, DNS names too, under `x509_subject_alternative_name`, so that a DNS name with
the text of a SPIFFE id would pass for one there. `peer_uri` holds URI names only. Both hold what the TLS handshake
verified against our authority.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from libs.errors import Unauthenticated

TRUST_DOMAIN = "spiffe://samvern.no/"
KINDS = ("service", "node", "operator")

_URI = re.compile(rb"spiffe://samvern\.no/(service|node|operator)/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)")


@dataclass(frozen=True, slots=True)
class Identity:
    """The name in a certificate."""

    kind: str
    """One of KINDS."""
    name: str
    """For instance "intake", or a tjeneste id."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def uri(self) -> str:
        """As in the certificate."""
        return f"{TRUST_DOMAIN}{self.kind}/{self.name}"


class HasAuthContext(Protocol):
    """The part of a servicer context that says who calls."""

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """What the transport knows of the peer."""


def caller(context: HasAuthContext) -> Identity:
    """The verified caller. Raises Unauthenticated unless its certificate carries exactly one URI name, and ours."""
    names = list(context.auth_context().get("peer_uri", ()))
    match = _URI.fullmatch(names[0]) if len(names) == 1 else None
    if match is None:
        raise Unauthenticated(
            f"the caller's certificate must carry exactly one URI name {TRUST_DOMAIN}<kind>/<name>, got {len(names)}"
        )
    return Identity(match[1].decode(), match[2].decode())
