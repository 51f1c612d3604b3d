"""samvern melding send and status, as a case system or a person meets them."""

import json

import httpx
import pytest

from libs.cli import melding_status
from libs.cli.tests.conftest import EXAMPLES, World
from libs.sealing.secret import ReporterSecret
from libs.sender.submission import Submission
from libs.sender.tests.portal import Portal, done, refusal
from libs.statements import Typ, sign
from libs.statements.document import verify_document
from libs.statements.envelope import SigningKey
from libs.statements.payloads import Proof, ProofKind, Receipt

PRIVAT = str(EXAMPLES / "privat-bergen.json")
WITH_PDF = EXAMPLES / "offentlig-bergen-med-pdf"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr(melding_status, "POLL_SECONDS", 0.0)


def send(world: World, *more: str) -> Receipt:
    """Sends the private example; the verified receipt, whose file is receipt.json."""
    document = world.ok("melding", "send", PRIVAT, "--json", *more).encode()
    (world.tmp / "receipt.json").write_bytes(document)
    return verify_document(document, world.portal.trust.root)


def test_a_person_gets_a_receipt_file_and_is_told_what_it_means(world: World) -> None:
    told = world.ok("melding", "send", PRIVAT)
    receipt = world.tmp / "kvittering-SV-VAR1-WQ7D-9.json"
    for words in (
        "Meldingen er mottatt",
        "SV-VAR1-WQ7D-9",
        "Bergen barneverntjeneste",
        "13.12.2026",
        str(receipt.name),
    ):
        assert words in told
    assert "tjenestens sertifikat står der" in told
    assert verify_document(receipt.read_bytes(), world.portal.trust.root).number == 1


def test_json_is_the_receipt_document_and_nothing_else(world: World) -> None:
    assert send(world).reference == "SV-VAR1-WQ7D-9"
    assert [path.name for path in sorted(world.tmp.iterdir())] == ["data", "receipt.json"]


def test_the_secret_is_in_a_file_of_its_own_and_in_no_other(world: World) -> None:
    send(world, "--secret-file", "secret")
    file = world.tmp / "secret"
    secret = ReporterSecret.parse(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    for path in [*world.layout.data.rglob("*"), world.tmp / "receipt.json"]:
        assert path.is_dir() or secret.digits not in path.read_text()
    send(world)
    (kept,) = (world.layout.data / "sender" / "secrets").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_document_with_attachments_may_be_marked_urgent(world: World) -> None:
    args = [f"{WITH_PDF}.json", "--pdf", f"{WITH_PDF}.pdf", "--urgent", "--type", "offentlig"]
    assert "112" in world.ok("melding", "send", *args)


def test_the_same_key_gives_the_same_receipt_and_with_another_document_a_conflict(world: World) -> None:
    args = ["--json", "--key", "journal-2026-000001"]
    first = world.ok("melding", "send", PRIVAT, *args)
    assert world.ok("melding", "send", PRIVAT, *args) == first
    told = world.refused("melding", "send", str(EXAMPLES / "offentlig-flere-barn.json"), *args)
    assert told == "Norsk setning om KEY_CONFLICT. [KEY_CONFLICT: about KEY_CONFLICT]"


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"privatMelder": {"personnavn": "Canary Canarysen"}}'])
def test_a_document_with_faults_is_refused_by_field_and_without_its_content(world: World, content: str) -> None:
    (world.tmp / "wrong.json").write_text(content)
    result = world.run("melding", "send", "wrong.json")
    assert result.exit_code == 1
    assert "Dokumentet har feil:" in result.stderr
    assert "Canary" not in result.stderr
    assert world.portal.calls == 0


def test_wrong_input_is_refused_in_one_line(world: World) -> None:
    (world.tmp / "not.pdf").write_bytes(b"PK")
    assert world.refused("melding", "send", "missing.json") == "Kan ikke lese missing.json: No such file or directory"
    assert "offentlig" in world.refused("melding", "send", PRIVAT, "--type", "offentlig")
    assert "MALFORMED" in world.refused("melding", "send", PRIVAT, "--pdf", "not.pdf")
    assert "MALFORMED" in world.refused("melding", "send", PRIVAT, "--kommune", "Bergen")
    assert world.portal.calls == 0


def test_a_certificate_that_is_not_in_the_key_log_is_not_sealed_to(world: World) -> None:
    world.serve_log("keys", b"another")
    assert "STATEMENT_REFUSED" in world.refused("melding", "send", PRIVAT)
    assert world.portal.calls == 0


def test_sending_goes_on_without_the_key_log_and_says_so(world: World) -> None:
    world.portal.files.clear()
    result = world.run("melding", "send", PRIVAT, "--json")
    assert result.exit_code == 0
    assert "Nøkkelloggen kunne ikke leses nå" in result.stderr


def test_a_portal_away_is_exit_code_three_and_the_next_run_sends_the_same(world: World) -> None:
    def broken() -> None:
        raise httpx.ConnectError("refused")

    world.portal.before = [broken] * 5
    assert world.refused("melding", "send", PRIVAT, "--json", code=3).startswith("Tjenesten svarer ikke nå")
    (kept,) = (world.layout.data / "sender" / "outbox").iterdir()
    body = json.loads(kept.read_bytes())["body"].encode()
    assert send(world).melding_id == str(Submission.restored(body).melding_id)


def test_a_place_that_is_not_connected_is_told_with_whom_to_phone(world: World) -> None:
    contact = {"website": "https://www.example.no", "phones": [{"name": "Alarmtelefonen", "number": "116 111"}]}
    world.portal.before = [lambda: refusal(409, "NOT_CONNECTED", contact=contact)]
    result = world.run("melding", "send", PRIVAT)
    assert result.exit_code == 1
    assert "  Alarmtelefonen: 116 111\n  https://www.example.no" in result.stderr


def proof(portal: Portal, receipt: Receipt, kind: ProofKind, key: SigningKey | None = None) -> dict[str, str]:
    """A step with the receiver's proof."""
    payload = Proof(
        kind=kind,
        receiver="bergen",
        epoch=1,
        number=receipt.number,
        melding_id=receipt.melding_id,
        digest=receipt.digest,
        at="2026-11-22T09:00:01Z",
    )
    signed = done(sign(key or portal.receiver.proof_key, Typ.PROOF, payload.encode()))
    return {"step": kind, "at": "2026-11-22T09:00:01Z", "proof": signed}


def test_the_status_tells_the_steps_that_are_proven(world: World) -> None:
    receipt = send(world)
    world.portal.steps = [proof(world.portal, receipt, "stored"), proof(world.portal, receipt, "opened")]
    told = json.loads(world.ok("melding", "status", "receipt.json", "--json"))
    assert [(step["step"], step["is_verified"]) for step in told["steps"]] == [
        ("accepted", True),
        ("stored", True),
        ("opened", True),
    ]
    text = world.ok("melding", "status", "receipt.json")
    assert "SV-VAR1-WQ7D-9: 2 eksemplarer finnes nå." in text
    assert "åpnet av en ansatt i tjenesten" in text


def test_waiting_ends_when_the_step_is_proven_or_the_time_is_over(world: World) -> None:
    receipt = send(world)
    told = world.refused("melding", "status", "receipt.json", "--wait", "stored", "--timeout", "0.05")
    assert told == "Meldingen er ikke lagret hos tjenesten, lest tilbake og signert etter 0.05 sekunder"
    world.portal.steps = [proof(world.portal, receipt, "stored")]
    world.ok("melding", "status", "receipt.json", "--wait", "stored")


def test_a_proof_by_another_key_or_of_another_melding_is_not_believed(world: World) -> None:
    receipt = send(world)
    world.portal.steps = [proof(world.portal, receipt, "stored", world.portal.trust.label)]
    assert "STATEMENT_REFUSED" in world.refused("melding", "status", "receipt.json")
    world.portal.steps = [{**proof(world.portal, receipt, "stored"), "step": "opened"}]
    assert "STATEMENT_REFUSED" in world.refused("melding", "status", "receipt.json")


def test_the_status_needs_the_secret(world: World) -> None:
    send(world, "--secret-file", "secret")
    assert "--secret-file" in world.refused("melding", "status", "receipt.json")
    world.ok("melding", "status", "receipt.json", "--secret-file", "secret")
    (world.tmp / "secret").write_text(ReporterSecret(bytes(16)).digits)
    assert "NOT_FOUND" in world.refused("melding", "status", "receipt.json", "--secret-file", "secret")
