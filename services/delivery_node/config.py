"""What a delivery node is told."""

from pathlib import Path

import msgspec

from libs.db.config import DbConfig
from libs.rpc.config import Peer, ServerConfig, Tls
from libs.telemetry.config import TelemetryConfig


class Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom it calls."""

    delivery: Peer


class OidcConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The kommune's own login provider (OpenID Connect, code flow)."""

    issuer: str
    """Exactly as the provider writes it, e.g. "https://login.fjellvik.example.no"."""
    client_id: str
    client_secret_file: Path
    scope: str = "openid profile email"
    role_claim: str | None = None
    """Claim of the ID token, a text or a list of texts, that must hold `role_value`, e.g. "groups". None: everybody
    whom the provider lets log in to this client may read; then the provider must let in the mottak alone."""
    role_value: str = ""

    @property
    def is_test_login(self) -> bool:
        """Without TLS a provider cannot be a real one; pages say so."""
        return not self.issuer.startswith("https://")


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One delivery node process."""

    tjeneste_id: str
    """The barnevernstjeneste it serves; also the name in its certificate: node/<tjeneste_id>."""
    tjeneste_navn: str = ""
    """Its name as people know it; "" shows the id."""
    listen: str
    """gRPC (health only): host and port."""
    http_listen: str
    """The inbox: host and port."""
    public_url: str
    """The inbox as browsers reach it, without a slash at the end."""
    root: Path
    """The pinned root.json that receipts and sequence heads are verified from."""
    keystore_dir: Path
    """The node's private keys, and the public certificates of its receiver keys."""
    passphrase_file: Path
    """Opens the keystore."""
    session_secret_file: Path
    """At least 32 characters by a machine; seals the session cookie. A new one logs everybody out."""
    tls: Tls
    peers: Peers
    db: DbConfig
    oidc: OidcConfig
    telemetry: TelemetryConfig = TelemetryConfig()
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""

    @property
    def shown_name(self) -> str:
        """What pages and prints call the tjeneste."""
        return self.tjeneste_navn or self.tjeneste_id

    @property
    def is_https(self) -> bool:
        """Whether browsers reach it by TLS alone."""
        return self.public_url.startswith("https://")

    @property
    def server(self) -> ServerConfig:
        """Where health is asked for."""
        return ServerConfig(listen=self.listen, tls=self.tls)
