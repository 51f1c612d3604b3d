"""The programs of an instance that speak of themselves: all but Postgres and the stand-in for a login."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from e2e.instance import ROOT, Instance

OTHERS = ("postgres-", "oidc")


@dataclass(frozen=True)
class Program:
    """One process, as `ps` shows it."""

    name: str
    listen: str
    metrics: str

    @property
    def service(self) -> str:
        """Its name in logs and traces."""
        return "sealing" if self.name == "gateway-sealing" else self.name

    @property
    def host(self) -> str:
        """The DNS name in its certificate."""
        kind, name = ("node", self.name.removeprefix("node-")) if self.is_node else ("service", self.service)
        return f"{name}.{kind}.samvern.internal"

    @property
    def is_node(self) -> bool:
        """Whether it runs at a kommune."""
        return self.name.startswith("node-")

    def start(self, data: Path) -> "subprocess.Popen[bytes]":
        """Another process of it, with the instance's own configuration, whose output is ours to read."""
        folder = "delivery_node" if self.is_node else self.name.removesuffix("-sealing")
        command = [sys.executable, "-P", "-m", f"services.{folder}.main"]
        command += ["--config", str(data / "config" / f"{self.name}.toml")]
        environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "GRPC_VERBOSITY": "NONE"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)


def programs(instance: Instance) -> list[Program]:
    """Each of them."""
    return [
        Program(entry["service"], entry["listen"], entry["metrics"])
        for entry in instance.ps()
        if not entry["service"].startswith(OTHERS)
    ]
