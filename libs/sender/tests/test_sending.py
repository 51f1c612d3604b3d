"""Whatever is lost on the way, and whoever dies: one melding, one receipt, or a clear no."""

from pathlib import Path

import httpx
import pytest

from libs.errors import (
    KeyConflict,
    LabelRefused,
    NotConnected,
    OutcomeUnknown,
    SamvernError,
    StatementRefused,
    TooLarge,
    Unavailable,
)
from libs.sealing.secret import ReporterSecret
from libs.sender.client import Accepted
from libs.sender.outbox import Outbox
from libs.sender.sending import ATTEMPTS, send
from libs.sender.submission import Address, Content
from libs.sender.tests.portal import Fault, Portal, passed, refusal
from libs.testing.labels import TestReceiver
from libs.testing.world import START, SeededIds
from libs.values import Place

CONTENT = Content("privat", "privat.v2", b'{"melding": "oppdiktet"}', (b"%PDF-1.7",))
BERGEN = Place.parse("4601", "00")


class KilledError(BaseException):
    """The process ends here."""


def killed() -> httpx.Response:
    raise KilledError


def broken() -> httpx.Response:
    raise httpx.ReadError("the connection was lost")


def unreachable() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.fixture(scope="module")
def receiver() -> TestReceiver:
    return TestReceiver.new()


@pytest.fixture
def portal(receiver: TestReceiver) -> Portal:
    return Portal.new(receiver)


class Sender:
    """Runs of the command line: each with a new outbox over the same folder."""

    def __init__(self, portal: Portal, folder: Path) -> None:
        self.portal = portal
        self.folder = folder / "outbox"
        self.slept: list[float] = []
        self.ids = SeededIds()

    def send(
        self, content: Content = CONTENT, *, key: str | None = None, is_urgent: bool = False
    ) -> tuple[Accepted, ReporterSecret]:
        results: list[tuple[Accepted, ReporterSecret]] = []

        def received(accepted: Accepted, secret: ReporterSecret) -> None:
            self.received()
            results.append((accepted, secret))

        send(
            self.portal.client(),
            Outbox(self.folder),
            BERGEN,
            content,
            now=START,
            ids=self.ids,
            check=self.check,
            received=received,
            key=key,
            is_urgent=is_urgent,
            sleep=self.slept.append,
        )
        return results[0]

    def received(self) -> None:
        """The result is durable."""

    def check(self, address: Address) -> None:
        assert address.label.kommune.nummer == "4601"

    def kept(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def sender(portal: Portal, tmp_path: Path) -> Sender:
    return Sender(portal, tmp_path)


def test_a_verified_receipt_leaves_nothing_behind(sender: Sender) -> None:
    accepted, secret = sender.send()
    assert accepted.receipt.reference == "SV-VAR1-WQ7D-9"
    assert len(secret.value) == 16
    assert (sender.kept(), sender.slept, sender.portal.calls) == ([], [], 1)


@pytest.mark.parametrize("fault", [broken, unreachable, lambda: refusal(503, "OUTCOME_UNKNOWN")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(sender: Sender, fault: Fault, when: str) -> None:
    setattr(sender.portal, when, [fault, fault])
    sender.send()
    assert len(sender.portal.accepted) == 1
    assert sender.portal.calls == 3
    assert sender.slept == [0.5, 1.0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_next_run_after_a_death_sends_the_same_melding(sender: Sender, when: str) -> None:
    setattr(sender.portal, when, [killed])
    with pytest.raises(KilledError):
        sender.send()
    assert len(sender.kept()) == 1
    accepted, _ = sender.send()
    assert [receipt for _, receipt in sender.portal.accepted.values()] == [accepted.statement]
    assert sender.kept() == []


def test_a_death_before_the_receipt_is_durable_gives_the_same_receipt_again(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sender, "received", killed)
        with pytest.raises(KilledError):
            sender.send()
    accepted, _ = sender.send()
    assert [receipt for _, receipt in sender.portal.accepted.values()] == [accepted.statement]


def test_attempts_are_bounded_and_the_next_run_goes_on(sender: Sender) -> None:
    sender.portal.after = [broken] * ATTEMPTS
    with pytest.raises(OutcomeUnknown):
        sender.send()
    assert sender.portal.calls == ATTEMPTS
    sender.send()
    assert len(sender.portal.accepted) == 1


def test_a_wait_is_at_least_what_the_portal_asks_for_and_never_long(sender: Sender) -> None:
    asks = [lambda: refusal(503, "OVERLOADED", retry_after_seconds=3), lambda: refusal(503, "UNAVAILABLE")]
    asks.append(lambda: refusal(503, "UNAVAILABLE", retry_after_seconds=600))
    sender.portal.before = [*asks]
    sender.send()
    assert sender.slept == [3, 1.0, 8.0]


def test_who_cannot_reach_the_portal_is_told_so(sender: Sender) -> None:
    sender.portal.before = [unreachable] * ATTEMPTS
    with pytest.raises(Unavailable):
        sender.send()


def test_the_same_key_gives_the_very_same_receipt(sender: Sender) -> None:
    first, second = sender.send(key="key-of-the-sender"), sender.send(key="key-of-the-sender")
    assert first == second
    assert len(sender.portal.accepted) == 1


@pytest.mark.parametrize("change", ["document", "attachment", "urgent"])
def test_the_same_key_with_anything_else_is_a_conflict_and_spoils_nothing(sender: Sender, change: str) -> None:
    first = sender.send(key="key-of-the-sender")
    other = {
        "document": Content("privat", "privat.v2", b'{"melding": "en annen"}', CONTENT.attachments),
        "attachment": Content("privat", "privat.v2", CONTENT.document, (b"%PDF-1.4",)),
        "urgent": CONTENT,
    }
    with pytest.raises(KeyConflict):
        sender.send(other[change], key="key-of-the-sender", is_urgent=change == "urgent")
    assert sender.send(key="key-of-the-sender") == first


def test_without_a_key_each_run_is_a_melding_of_its_own(sender: Sender) -> None:
    assert sender.send()[0] != sender.send()[0]
    assert len(sender.portal.accepted) == 2


def test_two_runs_at_the_same_time_are_two_meldinger(sender: Sender) -> None:
    def another_run() -> None:
        sender.send()

    sender.portal.before = [another_run, passed]
    sender.send()
    assert len(sender.portal.accepted) == 2
    assert sender.kept() == []


def test_what_is_kept_is_sealed_and_for_the_owner_alone(sender: Sender) -> None:
    sender.portal.before = [killed]
    with pytest.raises(KilledError):
        sender.send()
    (kept,) = sender.kept()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert sender.folder.stat().st_mode & 0o777 == 0o700
    assert b"oppdiktet" not in kept.read_bytes()


@pytest.mark.parametrize(
    ("status", "reason", "error"), [(422, "LABEL_REFUSED", LabelRefused), (413, "TOO_LARGE", TooLarge)]
)
def test_a_clear_no_is_told_at_once_and_forgotten(
    sender: Sender, status: int, reason: str, error: type[SamvernError]
) -> None:
    sender.portal.before = [lambda: refusal(status, reason)]
    with pytest.raises(error) as refused:
        sender.send()
    assert refused.value.__notes__ == [f"Norsk setning om {reason}."]
    assert (sender.portal.calls, sender.kept()) == (1, [])


def test_a_place_that_is_not_connected_tells_whom_to_phone(sender: Sender) -> None:
    contact = {"kommune": "Bø", "website": "https://www.example.no", "phones": [{"name": "Alarm", "number": "116 111"}]}
    sender.portal.before = [lambda: refusal(409, "NOT_CONNECTED", contact=contact)]
    with pytest.raises(NotConnected) as refused:
        sender.send()
    assert refused.value.__notes__ == ["Norsk setning om NOT_CONNECTED.", "Alarm: 116 111", "https://www.example.no"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(201, json={}), httpx.Response(500, text="<html>"), httpx.Response(500, json={"error": 1})]
)
def test_an_answer_that_is_not_ours_is_not_believed(sender: Sender, answer: httpx.Response) -> None:
    sender.portal.before = [lambda: answer]
    with pytest.raises(SamvernError):
        sender.send()
    assert len(sender.kept()) == 1


def test_a_receipt_for_another_melding_is_not_believed(sender: Sender) -> None:
    receipt = sender.send()[0].statement
    sender.portal.after = [lambda: httpx.Response(201, json={"receipt": receipt})]
    with pytest.raises(StatementRefused):
        sender.send()
    assert len(sender.kept()) == 1


def test_a_label_that_the_sender_refuses_is_not_sealed_to(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_address: Address) -> None:
        raise StatementRefused("not in the key log")

    monkeypatch.setattr(sender, "check", refuse)
    with pytest.raises(StatementRefused):
        sender.send()
    assert (sender.portal.calls, sender.kept()) == (0, [])


def test_a_melding_above_the_limit_is_refused_before_it_is_sent(sender: Sender) -> None:
    with pytest.raises(TooLarge):
        sender.send(Content("privat", "privat.v2", b"{}", (bytes(3_800_000),)))
    assert (sender.portal.calls, sender.kept()) == (0, [])
