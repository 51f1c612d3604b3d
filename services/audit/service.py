"""The gRPC surface of audit: check, store, answer."""

from typing import Any

from grpc.aio import ServicerContext

from libs.errors import NotFound
from libs.loops.bell import Bell
from libs.tlog.tiles import EntryBundle, encode_bundle, parse_path
from libs.tlog.tree import Range, consistency_ranges, hash_ranges, inclusion_ranges, tiles_for
from libs.world import Clock
from samvern.audit.v1 import audit_pb2 as pb
from samvern.audit.v1.audit_pb2_grpc import AuditServiceServicer
from services.audit import convert
from services.audit.domain import LogName, check_served
from services.audit.publisher import Publisher
from services.audit.store import Store

Context = ServicerContext[Any, Any]

CHECKPOINT = "checkpoint"


class AuditService(AuditServiceServicer):
    """What the centre sees of its logs."""

    def __init__(self, store: Store, publisher: Publisher, bell: Bell, clock: Clock) -> None:
        self._store = store
        self._publisher = publisher
        self._bell = bell
        self._clock = clock

    async def AppendKeyEntry(self, request: pb.AppendKeyEntryRequest, context: Context) -> pb.AppendKeyEntryResponse:
        """The entry stands in the key log, under a signed checkpoint."""
        index = await self._store.append_key_entry(convert.key_entry(request).encode())
        checkpoint = await self._publisher.publish("keys", index + 1)
        return pb.AppendKeyEntryResponse(index=index, checkpoint=checkpoint)

    async def AppendCommitments(
        self, request: pb.AppendCommitmentsRequest, context: Context
    ) -> pb.AppendCommitmentsResponse:
        """The commitments are durable."""
        await self._store.insert_commitments(convert.commitments(request), self._clock.now())
        self._bell.ring()
        return pb.AppendCommitmentsResponse()

    async def GetLogFile(self, request: pb.GetLogFileRequest, context: Context) -> pb.GetLogFileResponse:
        """The file as C2SP defines it, if the newest checkpoint covers it."""
        log, path = convert.log_name(request.log), convert.path(request.path)
        if path == CHECKPOINT:
            return pb.GetLogFileResponse(content=(await self._head(log))[1].encode(), is_immutable=False)
        file = parse_path(path)
        check_served(file, (await self._head(log))[0])
        if isinstance(file, EntryBundle):
            content = encode_bundle(await self._store.load_entries(log, file))
        else:
            content = (await self._store.load_tiles(log, [file]))[file]
        return pb.GetLogFileResponse(content=content, is_immutable=True)

    async def ProveInclusion(self, request: pb.ProveInclusionRequest, context: Context) -> pb.ProveInclusionResponse:
        """The proof that a leaf is under the newest checkpoint."""
        log, leaf = convert.log_name(request.log), convert.leaf_hash(request.leaf_hash)
        size, checkpoint = await self._head(log)
        index = await self._store.find_leaf(log, leaf)
        if index is None or index >= size:
            raise NotFound(f"no entry of the log of {size} has this leaf hash")
        path = await self._hashes(log, inclusion_ranges(index, size), size)
        return pb.ProveInclusionResponse(index=index, path=path, checkpoint=checkpoint)

    async def ProveConsistency(
        self, request: pb.ProveConsistencyRequest, context: Context
    ) -> pb.ProveConsistencyResponse:
        """The proof that the log of one size begins with that of another."""
        log = convert.log_name(request.log)
        ranges = consistency_ranges(request.from_size, request.to_size)
        size, _ = await self._head(log)
        if request.to_size > size:
            raise NotFound(f"the log has {size} entries under its newest checkpoint")
        return pb.ProveConsistencyResponse(path=await self._hashes(log, ranges, request.to_size))

    async def _head(self, log: LogName) -> tuple[int, str]:
        state = await self._store.load_state(log)
        if state.checkpoint is None:
            raise NotFound("the log has no signed checkpoint yet")
        return state.signed_size, state.checkpoint

    async def _hashes(self, log: LogName, ranges: list[Range], size: int) -> list[bytes]:
        tiles = await self._store.load_tiles(log, tiles_for(ranges, size))
        return hash_ranges(ranges, size, tiles.__getitem__)
