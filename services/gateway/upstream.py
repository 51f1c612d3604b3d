"""The gateway's calls: each with its deadline, in values and our errors. The only room here that knows the stubs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from libs.errors import OutcomeUnknown, TimedOut, Unavailable
from libs.statements.payloads import timestamp
from libs.values import Place
from samvern.audit.v1.audit_pb2 import GetLogFileRequest
from samvern.intake.v1 import intake_pb2
from samvern.routing.v1 import routing_pb2
from samvern.types.v1 import types_pb2
from services.gateway.limits import FRESHER_LABEL_SECONDS, READ_SECONDS, SUBMIT_SECONDS

if TYPE_CHECKING:
    from samvern.audit.v1.audit_pb2_grpc import AuditServiceAsyncStub
    from samvern.intake.v1.intake_pb2_grpc import IntakeServiceAsyncStub
    from samvern.routing.v1.routing_pb2_grpc import RoutingServiceAsyncStub


@dataclass(frozen=True, slots=True)
class Step:
    """One proven step of a melding's way, as its reporter may see it."""

    step: str
    at: str
    proof: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """Where a melding is."""

    receipt: str
    copies: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of a log, and whether it can never change again."""

    content: bytes
    is_immutable: bool


class Intake(Protocol):
    """What the gateway asks of intake."""

    async def submit(self, request: intake_pb2.SubmitMeldingRequest) -> str:
        """The receipt of what is now committed. Raises OutcomeUnknown when it may or may not be."""
        ...

    async def label(self, place: Place) -> str:
        """The stored label. Raises NotFound, NotConnected."""
        ...

    async def snapshot(self, known_version: int) -> str | None:
        """The snapshot, None when it is not newer."""
        ...

    async def status(self, lookup_id: bytes, access_token: bytes) -> Status:
        """Where the melding is. Raises NotFound, always alike."""
        ...


class IntakeClient:
    """Intake over gRPC."""

    def __init__(self, submitting: "IntakeServiceAsyncStub", reading: "IntakeServiceAsyncStub") -> None:
        """`submitting` must not carry our trace on: no trace joins an address on the net to a melding."""
        self._submitting = submitting
        self._reading = reading

    async def submit(self, request: intake_pb2.SubmitMeldingRequest) -> str:
        """See Intake."""
        try:
            return (await self._submitting.SubmitMelding(request, timeout=SUBMIT_SECONDS)).receipt
        except TimedOut as error:
            raise OutcomeUnknown("no answer in time; repeat with the same idempotency key") from error

    async def label(self, place: Place) -> str:
        """See Intake."""
        request = intake_pb2.GetLabelRequest(place=_place(place))
        return (await self._reading.GetLabel(request, timeout=READ_SECONDS)).label

    async def snapshot(self, known_version: int) -> str | None:
        """See Intake."""
        request = intake_pb2.GetSnapshotRequest(known_version=known_version)
        answer = await self._reading.GetSnapshot(request, timeout=READ_SECONDS)
        return answer.snapshot if answer.HasField("snapshot") else None

    async def status(self, lookup_id: bytes, access_token: bytes) -> Status:
        """See Intake."""
        request = intake_pb2.GetStatusRequest(lookup_id=lookup_id, access_token=access_token)
        answer = await self._reading.GetStatus(request, timeout=READ_SECONDS)
        return Status(answer.receipt, answer.copies, tuple(_step(step) for step in answer.steps))


class Routing(Protocol):
    """What the gateway asks of routing."""

    async def label(self, place: Place) -> str:
        """A fresh label, soon or not at all."""
        ...


class RoutingClient:
    """Routing over gRPC."""

    def __init__(self, stub: "RoutingServiceAsyncStub") -> None:
        self._stub = stub

    async def label(self, place: Place) -> str:
        """See Routing."""
        request = routing_pb2.GetLabelRequest(place=_place(place))
        return (await self._stub.GetLabel(request, timeout=FRESHER_LABEL_SECONDS)).label


class Audit(Protocol):
    """What the gateway asks of audit."""

    async def log_file(self, log: str, path: str) -> LogFile:
        """A file as C2SP tlog-tiles names it. Raises NotFound, Malformed."""
        ...


class AuditClient:
    """Audit over gRPC."""

    def __init__(self, stub: "AuditServiceAsyncStub") -> None:
        self._stub = stub

    async def log_file(self, log: str, path: str) -> LogFile:
        """See Audit."""
        answer = await self._stub.GetLogFile(GetLogFileRequest(log=log, path=path), timeout=READ_SECONDS)
        return LogFile(answer.content, answer.is_immutable)


class NoAudit:
    """The sealing process, which serves no logs."""

    async def log_file(self, log: str, path: str) -> LogFile:
        """Never there."""
        raise Unavailable("this process serves no logs")


def _place(place: Place) -> types_pb2.Place:
    return types_pb2.Place(kommunenummer=str(place.kommune), bydelsnummer=str(place.bydel))


def _step(step: intake_pb2.StatusStep) -> Step:
    at: datetime = step.at.ToDatetime(tzinfo=UTC)
    return Step(step.step, timestamp(at), step.proof if step.HasField("proof") else None)
