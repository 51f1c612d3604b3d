"""A receiver, a trust and meldinger to it, sealed for real."""

import asyncio
import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.jwe import key_id_of, seal_part
from libs.statements.payloads import Label
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust
from libs.testing.world import START, SeededIds
from libs.values import MeldingId, Reference, TjenesteId
from libs.verification.statements import verified_label
from services.intake.domain import Admitted, SealedPart, SealingPlace, SenderKey, Submission, admit
from services.intake.numbering import Candidate


@dataclass(frozen=True)
class Sender:
    """Seals meldinger to one receiver under one label; ids come from a seed."""

    receiver: TestReceiver
    label: str
    label_payload: Label
    ids: SeededIds = field(default_factory=SeededIds)
    counter: "itertools.count[int]" = field(default_factory=itertools.count)

    def submission(self, plaintext: bytes = b"sealed in tests", purposes: tuple[str, ...] = ("case",)) -> Submission:
        """A melding of its own, under a key of its own."""
        melding_id = MeldingId(str(self.ids.uuid4()))
        receiver, key_id = TjenesteId(self.receiver.tjeneste_id), key_id_of(self.receiver.der)
        parts = tuple(
            SealedPart(each, key_id, seal_part(plaintext, self.receiver.der, key_id, melding_id, receiver, each))
            for each in purposes
        )
        digests = [PartDigest.of(part.purpose, part.key_id, part.sealed) for part in parts]
        return Submission(
            key=SenderKey(("native", f"key-of-test-{next(self.counter):05}")),
            melding_id=melding_id,
            type="privat",
            suite="jwe",
            label=self.label,
            parts=parts,
            digest=melding_digest("jwe", melding_id, receiver, "privat", digests),
            sealed_at=SealingPlace.SENDER,
        )

    def admitted(self, submission: Submission | None = None) -> Admitted:
        """The melding as admitted."""
        return admit(submission or self.submission(), self.label_payload, START)

    def candidate(self, submission: Submission | None = None) -> Candidate:
        """The melding with a reference and a salt."""
        reference = Reference.from_random(self.ids.token(5))
        return Candidate(self.admitted(submission), reference, self.ids.token(32), "")

    def with_secret(self, submission: Submission, lookup_id: bytes, access_token: bytes) -> Submission:
        """The melding of a reporter with a secret."""
        return replace(submission, lookup_id=lookup_id, access_token_hash=hashlib.sha256(access_token).digest())


@pytest.fixture(scope="session")
def trust() -> TestTrust:
    return asyncio.run(TestTrust.new())


@pytest.fixture(scope="session")
def bergen() -> TestReceiver:
    return TestReceiver.new("bergen")


@pytest.fixture(scope="session")
def oslo() -> TestReceiver:
    return TestReceiver.new("oslo-gamle-oslo")


@pytest.fixture(scope="session")
def sender_to(trust: TestTrust) -> Callable[[TestReceiver], Sender]:
    def sender(receiver: TestReceiver) -> Sender:
        label = asyncio.run(receiver.label(trust))
        return Sender(receiver, label, verified_label(label, trust.root))

    return sender


@pytest.fixture(scope="session")
def sender(sender_to: Callable[[TestReceiver], Sender], bergen: TestReceiver) -> Sender:
    return sender_to(bergen)


@pytest.fixture(scope="session")
def oslo_sender(sender_to: Callable[[TestReceiver], Sender], oslo: TestReceiver) -> Sender:
    return sender_to(oslo)
