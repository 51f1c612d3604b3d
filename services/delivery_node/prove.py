"""Signs the proofs of facts (design 2, P3). A stored proof only after the sealed bytes were read back on a connection
opened for that, and digested anew: what a database did not really keep is never vouched for.

Key "proof" signs in the keystore; the statement is durable before it is sent, so a fact has one statement for ever.
"""

from collections.abc import Sequence
from datetime import timedelta

from libs.errors import DigestMismatch
from libs.keystore import Keystore
from libs.loops.repeat import Loop, repeat
from libs.statements import SigningKey, Typ, sign
from libs.statements.envelope import b64
from libs.statements.payloads import Proof, ProofKind, timestamp
from libs.values import Digest
from services.delivery_node.counting import Finding
from services.delivery_node.domain import Arrival, MeldingNumber, check_bytes
from services.delivery_node.facts import DueProof
from services.delivery_node.surroundings import FALLBACK_SECONDS, Surroundings

PROOF_KEY = "proof"
BATCH = 32
SPACING_SECONDS = 0.1
"""Between two batches that are not full: each opens a connection of its own to read back by."""
BATCH_BYTES = 8_000_000
"""Read back at once, beyond the first: bounds memory."""


async def proof_key(keystore: Keystore) -> SigningKey:
    """The node's key for proofs, which the directory has; made now if there is none."""
    public = await keystore.ensure_signing_key(PROOF_KEY)

    async def sign_there(message: bytes) -> bytes:
        return await keystore.sign(PROOF_KEY, message)

    return SigningKey(public, sign_there)


class Prover:
    """The loop."""

    def __init__(self, here: Surroundings, keystore: Keystore) -> None:
        self._here = here
        self._keystore = keystore
        self._proofs = here.telemetry.counter("node_proofs_total", "Proofs signed, by kind.", ("kind",))
        self._ages = here.telemetry.histogram("node_stored_age_seconds", "From intake's commit to the stored proof.")
        self._differing = here.telemetry.counter("node_read_back_differs_total", "Read-backs that differed.")

    async def run(self) -> None:
        """Goes on until cancelled."""
        loop = Loop("prove", self._prove_some, FALLBACK_SECONDS, self._here.to_prove, SPACING_SECONDS)
        await repeat(loop, self._here.rng, self._here.telemetry)

    async def _prove_some(self) -> bool:
        """Whether there may be more at once."""
        due = await self._here.store.due_signatures(BATCH)
        batch = _within(due, BATCH_BYTES)
        digests = await self._read_back([each.arrival for each in batch if each.kind == "stored"])
        key = await proof_key(self._keystore)
        statements: dict[tuple[MeldingNumber, ProofKind], str] = {}
        for each in batch:
            which = each.arrival.which
            digest = digests.get(which) if each.kind == "stored" else each.arrival.digest
            if digest is not None:
                with self._here.telemetry.span("node.prove", parent=each.arrival.traceparent) as span:
                    span.set(melding_id=str(each.arrival.melding_id), kind=each.kind)
                    statements[which, each.kind] = await self._signed(key, each, digest)
        if statements:
            await self._here.store.keep_proofs(statements, self._here.clock.now())
            self._tell([each for each in batch if (each.arrival.which, each.kind) in statements])
            self._here.to_send.ring()
        return len(due) == BATCH or len(batch) < len(due)

    async def _read_back(self, arrivals: Sequence[Arrival]) -> dict[MeldingNumber, Digest]:
        """The digest of each melding as the database really has it; absent for one that differs."""
        if not arrivals:
            return {}
        found = await self._here.store.read_back([each.which for each in arrivals])
        digests: dict[MeldingNumber, Digest] = {}
        for arrival in arrivals:
            try:
                digests[arrival.which] = check_bytes(arrival, found.get(arrival.which, ()), self._here.receiver)
            except DigestMismatch as error:
                await self._discard(arrival.which, error)
        return digests

    async def _discard(self, which: MeldingNumber, error: DigestMismatch) -> None:
        self._differing.inc()
        self._here.telemetry.log.failure("read_back_differs", error, epoch=which.epoch, number=which.number)
        now = self._here.clock.now()
        await self._here.store.note(Finding.READ_BACK_DIFFERS, which, now)
        await self._here.store.discard_bytes(which, now + timedelta(seconds=self._here.delay_seconds(0)))
        self._here.to_fetch.ring()

    async def _signed(self, key: SigningKey, due: DueProof, digest: Digest) -> str:
        at = self._here.clock.now() if due.kind == "stored" else due.fact_at
        arrival = due.arrival
        proof = Proof(
            kind=due.kind,
            receiver=str(self._here.receiver),
            epoch=arrival.which.epoch,
            number=arrival.which.number,
            melding_id=str(arrival.melding_id),
            digest=b64(digest.value),
            at=timestamp(at),
        )
        return await sign(key, Typ.PROOF, proof.encode())

    def _tell(self, proven: Sequence[DueProof]) -> None:
        for each in proven:
            self._proofs.labels(each.kind).inc()
            arrival = each.arrival
            age = (self._here.clock.now() - arrival.received_at).total_seconds()
            if each.kind == "stored":
                self._ages.observe(age)
            self._here.telemetry.log.info(
                "proven",
                melding_id=str(arrival.melding_id),
                epoch=arrival.which.epoch,
                number=arrival.which.number,
                kind=each.kind,
                age_seconds=round(age),
            )


def _within(due: Sequence[DueProof], size_bytes: int) -> list[DueProof]:
    """The first ones, as many as are together not larger than that, but at least one."""
    batch: list[DueProof] = []
    for each in due:
        size_bytes -= each.arrival.size_bytes if each.kind == "stored" else 0
        if batch and size_bytes < 0:
            break
        batch.append(each)
    return batch
