"""With everything away but gateway and intake, started cold, sending goes on; afterwards all arrives in order (P7)."""

import json
from pathlib import Path

import pytest

from e2e.instance import EXAMPLES, Instance, eventually

STOPPED = ["directory", "routing", "keys", "delivery", "audit"]


@pytest.mark.full
def test_sending_goes_on_while_all_others_are_away(own_instance: Instance, tmp_path: Path) -> None:
    instance = own_instance
    nodes = [entry["service"] for entry in instance.ps() if entry["service"].startswith("node-")]

    # 1. All others are stopped, and gateway and intake restarted so that nothing is left in their memory.
    instance.ok("stop", *STOPPED, *nodes)
    for service in ("gateway", "gateway-sealing", "intake"):
        instance.ok("stop", service)
    for service in ("intake", "gateway", "gateway-sealing"):
        instance.ok("start", service)
    eventually("gateway and intake are back", lambda: _healthy(instance, {"gateway", "intake"}))

    # 2. Reports to several places, none ever asked for in this instance, get true receipts.
    names = ["privat-bergen.json", "privat-interkommunal.json", "privat-oslo-gamle-oslo.json"]
    receipts = []
    for turn in range(3):
        for name in names:
            path = tmp_path / f"{turn}-{name}"
            path.write_text(instance.ok("melding", "send", str(EXAMPLES / name), "--json"), encoding="utf-8")
            instance.ok("receipt", "verify", str(path))
            receipts.append(json.loads(path.read_text(encoding="utf-8"))["innhold"])

    # 3. After the others are back, all arrive, each in the order of its numbers.
    instance.ok("start", *STOPPED, *nodes)
    for tjeneste in ("bergen", "indre-sogn", "oslo-gamle-oslo"):
        sent = [receipt["reference"] for receipt in receipts if receipt["tjeneste"]["id"] == tjeneste]

        def arrived(tjeneste: str = tjeneste, sent: list[str] = sent) -> bool:
            numbered = sorted((melding["number"], melding["reference"]) for melding in instance.inbox(tjeneste))
            return [reference for _, reference in numbered] == sent

        eventually(f"all is in the inbox of {tjeneste}, in order", arrived, seconds=90)


def _healthy(instance: Instance, services: set[str]) -> bool:
    return all(entry["healthy"] for entry in instance.ps() if entry["service"] in services)
