"""A whole surrounding for the gateway in memory: an intake that checks, numbers and signs, a directory, a receiver."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA256
from litestar.types import ASGIApp

from libs.errors import DigestMismatch, KeyConflict, NotConnected, NotFound, SamvernError, Unavailable
from libs.routing.tests.snapshots import snapshot as small_snapshot
from libs.sealing.case import Case, open_case
from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.jwe import check_part, open_part
from libs.statements import Typ, sign, verify
from libs.statements.envelope import b64
from libs.statements.payloads import Label, Named, Numbered, Part, Receipt, decode, timestamp
from libs.statements.snapshot import Snapshot
from libs.telemetry.telemetry import NoTelemetry
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust
from libs.testing.world import START, FakeClock, SeededIds, SeededRng
from libs.values import Digest, MeldingId, Place, TjenesteId
from samvern.intake.v1.intake_pb2 import SubmitMeldingRequest
from samvern.types.v1 import types_pb2
from services.gateway.app import Deps, create_app
from services.gateway.config import Origins, Role
from services.gateway.snapshot_cache import SnapshotCache
from services.gateway.upstream import LogFile, Status, Step

ORIGINS = Origins("http://127.0.0.1:8080", "http://127.0.0.1:8081")
_READERS = {
    types_pb2.SEALING_PLACE_BROWSER: ("served-script",),
    types_pb2.SEALING_PLACE_PROCESS: ("sealing-process",),
    types_pb2.SEALING_PLACE_SENDER: (),
}


@dataclass
class Held:
    """A melding that the double has accepted."""

    request: SubmitMeldingRequest
    receipt: str
    label: Label


class FakeIntake:
    """Accepts what a strict intake would, in memory. `failure` is raised by every call while it is set."""

    def __init__(self, trust: TestTrust, receiver: TestReceiver) -> None:
        self.trust = trust
        self.receiver = receiver
        self.held: list[Held] = []
        self.failure: SamvernError | None = None
        self.steps: list[Step] = []
        self.stored_snapshot: Snapshot = small_snapshot()
        self.asked: list[str] = []

    async def submit(self, request: SubmitMeldingRequest) -> str:
        """The receipt, the same for a repeat."""
        self._enter("submit")
        for held in self.held:
            if held.request.idempotency_key == request.idempotency_key:
                if held.request.digest != request.digest:
                    raise KeyConflict("the same idempotency key came with another digest")
                return held.receipt
        label = decode(verify(request.label, Typ.LABEL, self.trust.root), Label)
        parts = self._checked(request, label)
        receipt = await sign(self.trust.receipt, Typ.RECEIPT, self._receipt(request, label, parts).encode())
        self.held.append(Held(request, receipt, label))
        return receipt

    def _checked(self, request: SubmitMeldingRequest, label: Label) -> list[PartDigest]:
        melding_id, receiver = MeldingId.parse(request.melding_id), TjenesteId.parse(label.tjeneste.id)
        for part in request.parts:
            check_part(part.sealed, part.key_id, melding_id, receiver, part.purpose)
        parts = [PartDigest.of(part.purpose, part.key_id, part.sealed) for part in request.parts]
        digest = melding_digest(request.suite, melding_id, receiver, _type(request), parts)
        if digest != Digest(request.digest):
            raise DigestMismatch("the digest is not that of the parts")
        return parts

    def _receipt(self, request: SubmitMeldingRequest, label: Label, parts: list[PartDigest]) -> Receipt:
        return Receipt(
            reference="SV-7K3M-9QXW-C",
            melding_id=request.melding_id,
            tjeneste=label.tjeneste,
            kommune=label.kommune,
            bydel=label.bydel,
            type=_type(request),  # type: ignore[arg-type]
            suite=request.suite,
            digest=b64(request.digest),
            parts=tuple(Part(part.purpose, part.key_id, b64(part.sha256), part.size_bytes) for part in parts),
            epoch=1,
            number=len(self.held) + 1,
            received_at=timestamp(START),
            held_by="intake",
            copies=1,
            durability="one disk",
            readers=(f"node:{label.tjeneste.id}", *_READERS[request.sealed_at]),
            feedback_due="2026-12-13",
            label_is_stale=False,
            is_urgent=request.is_urgent,
        )

    async def label(self, place: Place) -> str:
        """A signed label of a place that the snapshot serves."""
        self._enter("label")
        for tjeneste in self.stored_snapshot.tjenester:
            for each in tjeneste.places:
                if (each.kommune, each.bydel) == (str(place.kommune), str(place.bydel)):
                    return await self._label(tjeneste.id, tjeneste.navn, place)
        raise NotConnected("no tjeneste here")

    async def _label(self, tjeneste_id: str, navn: str, place: Place) -> str:
        names = {kommune.nummer: kommune.navn for kommune in self.stored_snapshot.kommuner}
        base = decode(verify(await self.receiver.label(self.trust), Typ.LABEL, self.trust.root), Label)
        payload = msgspec.structs.replace(
            base,
            tjeneste=Named(tjeneste_id, navn),
            kommune=Numbered(str(place.kommune), names[str(place.kommune)]),
            bydel=Numbered(str(place.bydel), ""),
        )
        return await sign(self.trust.label, Typ.LABEL, payload.encode())

    async def snapshot(self, known_version: int) -> str | None:
        """The snapshot, signed."""
        self._enter("snapshot")
        if known_version >= self.stored_snapshot.version:
            return None
        return await sign(self.trust.snapshot, Typ.SNAPSHOT, self.stored_snapshot.encode())

    async def status(self, lookup_id: bytes, access_token: bytes) -> Status:
        """Accepted, and what the test adds to `steps`."""
        self._enter("status")
        for held in self.held:
            if (held.request.lookup_id, held.request.access_token_hash) == (lookup_id, _sha256(access_token)):
                accepted = Step("accepted", timestamp(START), None)
                return Status(held.receipt, 1 + len(self.steps), (accepted, *self.steps))
        raise NotFound("no such status")

    def _enter(self, name: str) -> None:
        self.asked.append(name)
        if self.failure is not None:
            raise self.failure

    async def opened(self, index: int = -1) -> dict[str, bytes]:
        """The plaintext of each part of an accepted melding, by purpose."""
        held = self.held[index]
        melding_id, receiver = MeldingId.parse(held.request.melding_id), TjenesteId.parse(held.label.tjeneste.id)
        return {
            part.purpose: await open_part(part.sealed, self, part.key_id, melding_id, receiver, part.purpose)
            for part in held.request.parts
        }

    async def opened_case(self, index: int = -1) -> Case:
        """The case part of an accepted melding."""
        return open_case((await self.opened(index))["case"])

    async def unwrap(self, encrypted_key: bytes) -> bytes | None:
        """As the receiver's keystore would."""
        return self.receiver.private_key.decrypt(encrypted_key, OAEP(MGF1(SHA256()), SHA256(), None))


class FakeRouting:
    """Away, unless given labels."""

    def __init__(self) -> None:
        self.labels: dict[Place, str] = {}
        self.asked = 0

    async def label(self, place: Place) -> str:
        """The label it was given."""
        self.asked += 1
        if place not in self.labels:
            raise Unavailable("routing is away")
        return self.labels[place]


class FakeAudit:
    """Serves the files it was given."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], LogFile] = {}

    async def log_file(self, log: str, path: str) -> LogFile:
        """The file it was given."""
        if (log, path) not in self.files:
            raise NotFound("no such file")
        return self.files[log, path]


@dataclass
class Surrounding:
    """Everything around one portal and one sealing process."""

    intake: FakeIntake
    trust: TestTrust
    routing: FakeRouting = field(default_factory=FakeRouting)
    audit: FakeAudit = field(default_factory=FakeAudit)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: SeededIds = field(default_factory=SeededIds)
    origins: Origins = ORIGINS

    @classmethod
    async def new(cls, receiver: TestReceiver) -> Self:
        """With new keys of trust."""
        trust = await TestTrust.new()
        return cls(FakeIntake(trust, receiver), trust)

    def app(self, role: Role = "portal") -> ASGIApp:
        """The application of a role."""
        telemetry = NoTelemetry()
        return create_app(
            Deps(
                role=role,
                origins=self.origins,
                root=self.trust.root,
                intake=self.intake,
                routing=self.routing,
                audit=self.audit,
                snapshot=SnapshotCache(self.intake, self.trust.root, telemetry),
                clock=self.clock,
                ids=self.ids,
                rng=SeededRng(),
                telemetry=telemetry,
            )
        )

    @asynccontextmanager
    async def browser(self, role: Role = "portal") -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client at that role's application."""
        transport = httpx.ASGITransport(self.app(role), raise_app_exceptions=False)  # type: ignore[arg-type]
        origin = self.origins.portal if role == "portal" else self.origins.sealing
        async with httpx.AsyncClient(transport=transport, base_url=origin) as client:
            yield client


def _type(request: SubmitMeldingRequest) -> str:
    return "privat" if request.type == types_pb2.MELDING_TYPE_PRIVAT else "offentlig"


def _sha256(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()
