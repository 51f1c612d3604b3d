"""One melding sent, stored and opened in an instance whose spans come to us, and what must never be seen of it."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from e2e.canary.documents import Canary, encoded
from e2e.canary.search import search_bytes
from e2e.instance import Instance, place_of
from e2e.seen.collector import Collector, Seen
from e2e.seen.programs import Program
from libs.sealing.secret import ReporterSecret

GATEWAYS = ("gateway", "sealing")


@dataclass(frozen=True)
class Told:
    """One melding sent, stored and opened, and what can be seen of it."""

    instance: Instance
    collector: Collector
    programs: list[Program]
    melding_id: str
    canary: Canary
    secret: ReporterSecret

    @property
    def trace(self) -> list[Seen]:
        """Every span of the traces that name the melding; there should be one."""
        spans = self.collector.spans
        traces = {span.trace_id for span in spans if span.attributes.get("samvern.melding_id") == self.melding_id}
        return [span for span in spans if span.trace_id in traces]

    @property
    def requests(self) -> list[Seen]:
        """Every span of the gateway, which stands towards the sender."""
        return [span for span in self.collector.spans if span.service in GATEWAYS]

    def found_in(self, place: str, content: bytes) -> list[str]:
        """Whatever of the document or of the reporter's secret stands in these bytes."""
        found = [str(each) for each in search_bytes(place, content, [*self.canary.all, self.secret.digits])]
        derived = self.secret.derive()
        for name in ("lookup_id", "access_token", "access_token_hash", "reply_private_key"):
            found += [f"{name} in {place}" for form in _forms(getattr(derived, name)) if form in content]
        bare = self.secret.digits.replace(" ", "").encode()
        return found + [f"secret in {place}" for form in (bare, *_forms(self.secret.value)) if form in content]


def send_and_open(instance: Instance, folder: Path, canary: Canary) -> tuple[str, ReporterSecret]:
    document, secret, receipt = folder / "melding.json", folder / "secret", folder / "kvittering.json"
    document.write_bytes(encoded(canary.privat()))
    sent = ["melding", "send", str(document), "--secret-file", str(secret), "--json"]
    receipt.write_text(instance.ok(*sent), encoding="utf-8")
    asked = ["melding", "status", str(receipt), "--secret-file", str(secret)]
    instance.ok(*asked, "--wait", "stored")
    said = json.loads(receipt.read_text(encoding="utf-8"))["innhold"]
    place = place_of(instance.node("bergen"))
    instance.ok("inbox", "read", *place, said["reference"], "--reason", "Ny melding")
    instance.ok(*asked, "--wait", "opened")
    return said["melding_id"], ReporterSecret.parse(secret.read_text(encoding="utf-8"))


def _forms(value: bytes) -> list[bytes]:
    plain = base64.b64encode(value).rstrip(b"=")
    return [value, value.hex().encode(), plain, base64.urlsafe_b64encode(value).rstrip(b"=")]
