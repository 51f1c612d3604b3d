"""500 reports while each process and each Postgres is killed in turn: 0 lost, 0 doubled, no gap, every receipt true."""

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from e2e.instance import Instance, eventually
from e2e.native import Sender
from libs.errors import OutcomeUnknown, Overloaded, SamvernError, TimedOut, Unavailable
from libs.sender.submission import Address
from libs.statements.payloads import Receipt

REPORTS = 500
SENDERS = 4
PLACES = {"bergen": ("4601", "00"), "indre-sogn": ("4640", "00"), "oslo-gamle-oslo": ("0301", "01")}
GIVE_UP_SECONDS = 240.0


@dataclass
class Load:
    """Senders that send one report after the other, each again and again with the same key until it has a receipt."""

    instance: Instance
    addresses: list[Address]
    receipts: "queue.Queue[Receipt]" = field(default_factory=queue.Queue)
    failures: "queue.Queue[BaseException]" = field(default_factory=queue.Queue)
    work: "queue.Queue[int | None]" = field(default_factory=queue.Queue)
    """Turns to send; None ends one sender."""

    def run(self) -> None:
        """One sender's life."""
        with httpx.Client(base_url=self.instance.portal, timeout=30) as http:
            sender = Sender.of(self.instance, http)
            while (turn := self.work.get()) is not None:
                try:
                    self._send(sender, self.addresses[turn % len(self.addresses)])
                except BaseException as error:
                    self.failures.put(error)
                    raise

    def _send(self, sender: Sender, address: Address) -> None:
        submission = sender.submission(address)
        end = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                self.receipts.put(sender.client.submit(submission).receipt)
            except (Unavailable, OutcomeUnknown, Overloaded, TimedOut) as error:
                if time.monotonic() > end:
                    raise
                time.sleep(error.retry_after_seconds or 0.5)
            else:
                return


@pytest.mark.full
def test_nothing_is_lost_or_doubled_in_the_storm(own_instance: Instance) -> None:
    instance = own_instance
    # 1. Senders of reports to three receivers stand ready.
    with httpx.Client(base_url=instance.portal) as http:
        sender = Sender.of(instance, http)
        load = Load(instance, [sender.address(*place) for place in PLACES.values()])
    threads = [threading.Thread(target=load.run) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()

    # 2. Each process and each Postgres in turn is killed with -9 while its share of 500 reports flows; the next one
    #    when all are healthy again.
    killed = [entry["service"] for entry in instance.ps() if entry["service"] != "oidc"]
    for index, service in enumerate(killed):
        for turn in range(REPORTS * index // len(killed), REPORTS * (index + 1) // len(killed)):
            load.work.put(turn)
        instance.kill(service)
        eventually(f"all is healthy after {service}", lambda: _calm(instance), seconds=60)
    for _ in threads:
        load.work.put(None)
    for thread in threads:
        thread.join(GIVE_UP_SECONDS)
    assert load.failures.empty(), load.failures.get()

    # 3. Every receipt's report is in its node exactly once, and the numbers have no gap.
    receipts = list(load.receipts.queue)
    assert len(receipts) == REPORTS
    for tjeneste in PLACES:
        expected = sorted((r.number, r.reference) for r in receipts if r.tjeneste.id == tjeneste)
        assert [number for number, _ in expected] == list(range(1, len(expected) + 1))

        def arrived(tjeneste: str = tjeneste, expected: list[tuple[int, str]] = expected) -> bool:
            inbox: list[dict[str, Any]] = instance.inbox(tjeneste)
            return sorted((melding["number"], melding["reference"]) for melding in inbox) == expected

        eventually(f"{tjeneste} has exactly what was accepted", arrived, seconds=120)
    print(f"killed {len(killed)}, reports {REPORTS}, lost 0, doubled 0")


def _calm(instance: Instance) -> bool:
    try:
        return instance.is_healthy()
    except (AssertionError, SamvernError):
        return False
