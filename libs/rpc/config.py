"""What a server and a channel are told: addresses, certificates and limits."""

from pathlib import Path

import msgspec

from libs.errors import Malformed


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who this process is, and whom it believes. PEM files."""

    certificate: Path
    """Our certificate, with exactly one URI name spiffe://samvern.no/<kind>/<name>."""
    key: Path
    """Its private key."""
    ca: Path
    """The certificate authority of all peers."""

    def read(self) -> tuple[bytes, bytes, bytes]:
        """Certificate, key and authority as PEM."""
        return self.certificate.read_bytes(), self.key.read_bytes(), self.ca.read_bytes()


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server to be called."""

    address: str
    """Host and port, e.g. "127.0.0.1:5011"."""
    name: str
    """Who must answer there, e.g. "service/intake"."""

    @property
    def host(self) -> str:
        """The DNS name that the peer's certificate must carry, e.g. "intake.service.samvern.internal"."""
        kind, slash, name = self.name.partition("/")
        if not (kind and slash and name):
            raise Malformed(f'a peer is named "<kind>/<name>", got "{self.name}"')
        return f"{name}.{kind}.samvern.internal"


class ServerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One listening server."""

    listen: str
    """Host and port; port 0 takes a free one."""
    tls: Tls
    max_message_bytes: int = 6_000_000
    """Largest request: a whole melding of 5 000 000 bytes and what stands around it."""
    max_concurrent: int = 256
    """Calls in flight; one more is answered OVERLOADED at once. Health and reflection are not counted."""
    max_concurrent_per_caller: int = 192
    """Calls in flight of one certificate name, so that one caller cannot take every place."""
    max_call_seconds: float = 120.0
    """A unary call ends after this even if its own deadline is later. Streams may live longer."""
    grace_seconds: float = 5.0
    """How long calls in flight may go on while the server stops."""
