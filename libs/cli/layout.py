"""Where everything lies in an instance's data directory. Paths only; nothing is read or made here."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folder of one instance, open to its owner alone (0700)."""

    data: Path

    @property
    def state_file(self) -> Path:
        """What runs, kept by the supervisor."""
        return self.data / "run" / "state.json"

    @property
    def wishes_file(self) -> Path:
        """Which processes the operator wants stopped, written by `stop` and `start`."""
        return self.data / "run" / "stopped.json"

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.data / "run" / "supervisor.lock"

    @property
    def root_file(self) -> Path:
        """The root of all signed statements of this instance."""
        return self.data / "trust" / "root.json"

    @property
    def logs_file(self) -> Path:
        """Origin and verifier key of the two transparency logs."""
        return self.data / "trust" / "logs.json"

    @property
    def imported_file(self) -> Path:
        """Exists once the directory has taken the tjenester."""
        return self.data / "run" / "imported"

    def config(self, name: str) -> Path:
        """The configuration of one process."""
        return self.data / "config" / f"{name}.toml"

    def log(self, name: str) -> Path:
        """What one process printed."""
        return self.data / "log" / f"{name}.log"

    def tls(self, identity: str) -> Path:
        """cert.pem, key.pem and ca.pem of an identity such as "service/intake"."""
        return self.data / "tls" / identity

    def keys(self, name: str) -> Path:
        """The file keystore of one process."""
        return self.data / "keys" / name

    def secret(self, name: str) -> Path:
        """A password or passphrase, alone in its file (0600)."""
        return self.data / "secrets" / name

    def postgres(self, cluster: str) -> Path:
        """The data of one Postgres: "intake", "centre" or "node-<tjeneste>"."""
        return self.data / "postgres" / cluster

    def provisioned(self, node: str) -> Path:
        """What a node printed about its public keys when it was provisioned."""
        return self.data / "run" / f"{node}.public.json"
