"""Where telemetry goes. Nothing leaves the process unless it is named here."""

import msgspec


class TelemetryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The [telemetry] table of every service's configuration."""

    otlp_endpoint: str | None = None
    """URL of an OTLP collector over gRPC, e.g. "http://127.0.0.1:4317". None: no span leaves the process."""
    metrics_listen: str | None = None
    """Address of the Prometheus endpoint /metrics, e.g. "127.0.0.1:9101". None: not served."""
    log_level: str = "info"
    """The least level that is written: "debug", "info", "warning" or "error"."""
