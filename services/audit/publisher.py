"""Has a checkpoint signed over each log, and keeps it.

    effect                       died before it            died after it
    append (store)               nothing was promised      the next round signs it
    begin_signing (store)        the next round begins     the next round asks for the same size
    SignCheckpoint (keys)        asked again               asked again: keys signs the same once more
    finish_signing (store)       asked and kept again      published

Keys signs only what extends its last checkpoint, so the size is written down before it is asked for: had the tree grown
meanwhile, another size from the same beginning would be refused for ever.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from libs.errors import Precondition, Unavailable
from libs.telemetry.telemetry import Telemetry
from libs.tlog.checkpoint import Checkpoint, open_checkpoint
from libs.tlog.note import VerifierKey
from libs.tlog.tree import consistency_ranges, hash_ranges, root, tiles_for
from services.audit.domain import LOGS, LogName, Signing
from services.audit.store import Store


class CheckpointSigner(Protocol):
    """The service keys, as far as audit needs it."""

    async def sign(self, log: LogName, signing: Signing, root: bytes, consistency: Sequence[bytes]) -> str:
        """The signed checkpoint. Raises Precondition where it does not extend the last one signed, and Unavailable."""
        ...


class Publisher:
    """Publishes checkpoints; several may work at once, in one process or in two."""

    def __init__(
        self, store: Store, signer: CheckpointSigner, keys: Mapping[LogName, VerifierKey], telemetry: Telemetry
    ) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys
        self._telemetry = telemetry
        self._size = telemetry.gauge("log_signed_entries", "Entries under the newest checkpoint.", ["log"])

    async def publish(self, log: LogName, size: int) -> str:
        """A signed checkpoint that covers at least the log's first `size` entries. Raises Unavailable."""
        while True:
            state = await self._store.load_state(log)
            if state.checkpoint is not None and state.signed_size >= size:
                return state.checkpoint
            await self._publish_next(log)

    async def publish_all(self) -> None:
        """Both logs are published as they are now."""
        for log in LOGS:
            state = await self._store.load_state(log)
            await self.publish(log, state.size)

    async def _publish_next(self, log: LogName) -> None:
        signing = await self._store.begin_signing(log)
        if signing is None:
            return
        ranges = consistency_ranges(signing.from_size, signing.size)
        needed = tiles_for([*ranges, (0, signing.size)], signing.size)
        tiles = await self._store.load_tiles(log, needed)
        checkpoint = Checkpoint(self._keys[log].name, signing.size, root(signing.size, tiles.__getitem__))
        consistency = hash_ranges(ranges, signing.size, tiles.__getitem__)
        try:
            note = await self._signer.sign(log, signing, checkpoint.root, consistency)
        except Precondition as refusal:
            await self._check_overtaken(log, signing, refusal)
            return
        if open_checkpoint(note, self._keys[log]) != checkpoint:
            raise Unavailable("keys signed another checkpoint than it was asked for")
        await self._store.finish_signing(log, signing.size, note)
        self._size.labels(log).set(signing.size)
        self._telemetry.log.info("checkpoint_published", log=log, size=signing.size)

    async def _check_overtaken(self, log: LogName, signing: Signing, refusal: Precondition) -> None:
        """A refusal is right if another of us has published this size or a later one meanwhile; else it is an alarm:
        keys has signed a tree that we do not have."""
        state = await self._store.load_state(log)
        if state.signed_size < signing.size:
            self._telemetry.log.failure("checkpoint_refused", refusal, log=log, size=signing.size)
            raise Unavailable(f"the checkpoint over {signing.size} entries was refused by keys") from refusal
