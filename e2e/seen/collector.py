"""A collector of spans: OTLP over gRPC (opentelemetry-proto, collector/trace/v1) on the loopback address, in memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)


@dataclass(frozen=True)
class Seen:
    """One span, as a collector sees it."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    """Empty for the first of a trace."""
    attributes: dict[str, Any]
    status: str


class Collector(TraceServiceServicer):
    """Keeps all it is sent."""

    def __init__(self) -> None:
        self.address = ""
        self._requests: list[ExportTraceServiceRequest] = []

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:
        """Everything is taken."""
        self._requests.append(request)
        return ExportTraceServiceResponse()

    @property
    def raw(self) -> bytes:
        """All that has come, as it came."""
        return b"\n".join(request.SerializeToString() for request in list(self._requests))

    @property
    def resources(self) -> set[tuple[str, ...]]:
        """What each process says of itself: the names of its resource's attributes."""
        return {
            tuple(sorted(attribute.key for attribute in group.resource.attributes))
            for request in list(self._requests)
            for group in request.resource_spans
        }

    @property
    def spans(self) -> list[Seen]:
        """Every span that has come."""
        return [
            _seen(_plain(group.resource.attributes)["service.name"], span)
            for request in list(self._requests)
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens inside the block, at `address` ("127.0.0.1:4317")."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(4))
    add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    collector.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()


def _seen(service: str, span: Any) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_plain(span.attributes),
        status=span.status.message,
    )


def _plain(attributes: Sequence[Any]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
