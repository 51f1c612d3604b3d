"""What `samvern melding status` does: ask the portal, and verify the receiver's proofs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from libs.cli.failure import Failure
from libs.cli.receipt_text import local_time
from libs.cli.sender import Sender, read_file, read_receipt
from libs.errors import Malformed, SamvernError, StatementRefused
from libs.sealing.secret import Derived, ReporterSecret
from libs.statements import verify_proof
from libs.statements.document import statement_of
from libs.statements.envelope import unb64
from libs.statements.payloads import Receipt, moment
from libs.world.system import SystemClock

WAITS_FOR = ("stored", "opened")
POLL_SECONDS = 0.5

_STEPS = {
    "accepted": "mottatt av Samvern",
    "stored": "lagret hos tjenesten, lest tilbake og signert",
    "acknowledged": "mottatt av tjenestens fagsystem",
    "confirmed": "gjenfunnet i tjenestens fagsystem",
    "opened": "åpnet av en ansatt i tjenesten",
}


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step, as the portal told it and `status --json` prints it."""

    step: str
    at: str
    proof: str | None = None
    is_verified: bool = False
    """The receipt or the receiver's own signature proves it."""


class Status(msgspec.Struct, frozen=True):
    """Where a melding is."""

    reference: str
    copies: int
    steps: list[Step]


@dataclass(frozen=True)
class Asked:
    """A question that can be asked again, and its last answer."""

    sender: Sender
    receipt: Receipt
    statement: str
    derived: Derived
    status: Status

    def again(self) -> "Asked":
        """The answer of now."""
        return replace(self, status=_status(self.sender, self.receipt, self.statement, self.derived))


def ask(sender: Sender, receipt_file: Path, secret_file: Path | None) -> Asked:
    """Where the melding of a verified receipt is. Raises our errors, Failure."""
    document, receipt = read_receipt(receipt_file, sender.client.root)
    path = secret_file or sender.secret_file(receipt.melding_id)
    if secret_file is None and not path.exists():
        raise Failure(f"Finner ikke hemmeligheten til {receipt.reference}; oppgi den med --secret-file")
    derived = ReporterSecret.parse(read_file(path).decode("ascii", errors="replace")).derive()
    statement = statement_of(document)
    return Asked(sender, receipt, statement, derived, _status(sender, receipt, statement, derived))


def wait_for(
    asked: Asked, wanted: str, timeout_seconds: float, monotonic: Callable[[], float], sleep: Callable[[float], None]
) -> Asked:
    """The first answer with the wanted step, verified. Raises Failure when the time is over."""
    end = monotonic() + timeout_seconds
    while not any(step.step == wanted and step.is_verified for step in asked.status.steps):
        if monotonic() > end:
            raise Failure(f"Meldingen er ikke {_STEPS[wanted]} etter {timeout_seconds:g} sekunder")
        sleep(POLL_SECONDS)
        asked = asked.again()
    return asked


def status_as_text(status: Status) -> str:
    """For a person."""
    lines = [f"{status.reference}: {status.copies} eksemplar{'er' if status.copies != 1 else ''} finnes nå."]
    for step in status.steps:
        doubt = "" if step.is_verified else " (signaturen er ikke kontrollert)"
        lines.append(f"  {local_time(moment(step.at))}  {_STEPS.get(step.step, step.step)}{doubt}")
    return "\n".join(lines)


def _status(sender: Sender, receipt: Receipt, statement: str, derived: Derived) -> Status:
    try:
        answer = msgspec.convert(sender.client.status(derived), _Answer)
    except msgspec.ValidationError as error:
        raise Malformed("the portal's answer is not a status") from error
    if answer.receipt != statement:
        raise StatementRefused("the portal tells of another melding than the receipt's")
    keys = _proof_keys(sender, receipt)
    steps = [msgspec.structs.replace(step, is_verified=_is_verified(step, receipt, keys)) for step in answer.steps]
    return Status(receipt.reference, answer.copies, steps)


class _Answer(msgspec.Struct, frozen=True):
    receipt: str
    copies: int
    steps: list[Step]


def _proof_keys(sender: Sender, receipt: Receipt) -> dict[str, bytes]:
    """The receiver's proof keys by today's label; none where it cannot be had or names another receiver."""
    try:
        address = sender.client.address(receipt.kommune.nummer, receipt.bydel.nummer, SystemClock().now())
    except SamvernError:
        return {}
    is_receiver = address.label.tjeneste.id == receipt.tjeneste.id
    return {key.kid: unb64(key.x) for key in address.label.proof_keys} if is_receiver else {}


def _is_verified(step: Step, receipt: Receipt, keys: dict[str, bytes]) -> bool:
    """Raises StatementRefused for a proof by a key we know that does not say this."""
    if step.step == "accepted":
        return True  # The receipt, verified, says so.
    if step.proof is None or not keys:
        return False
    proof = verify_proof(step.proof, keys)
    said = (proof.kind, proof.receiver, proof.epoch, proof.number, proof.melding_id, proof.digest)
    ours = (step.step, receipt.tjeneste.id, receipt.epoch, receipt.number, receipt.melding_id, receipt.digest)
    if said != ours:
        raise StatementRefused(f"the proof of {step.step} is one of something else")
    return True
