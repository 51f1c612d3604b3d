"""What the operator chooses when an instance is started."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choices:
    """The options of `up` that a supervisor needs."""

    port: int | None = None
    """The portal's; 0: any; None: as last time."""
    otlp: str | None = None
    """URL of an OTLP collector over gRPC, where every process sends its spans; None: no span leaves a process."""

    @property
    def arguments(self) -> list[str]:
        """The same choices on a command line."""
        port = [] if self.port is None else ["--port", str(self.port)]
        return [*port, *(["--otlp", self.otlp] if self.otlp else [])]


def otlp_url(text: str) -> str:
    """The collector's URL; "host:port" is spoken to in the clear. Raises ValueError, saying what is expected."""
    url = text if "://" in text else f"http://{text}"
    scheme, _, place = url.partition("://")
    _, _, port = place.rpartition(":")
    if scheme not in ("http", "https") or not port.isdigit() or "/" in place:
        raise ValueError(f"expected HOST:PORT, http://HOST:PORT or https://HOST:PORT, got {text}")
    return url
