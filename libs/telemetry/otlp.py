"""Spans that leave the process: OpenTelemetry's SDK with OTLP over gRPC. Imported only when an endpoint is named."""

from collections.abc import Sequence
from threading import Timer

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from libs.telemetry.fields import Value, shortened
from libs.telemetry.tracing import Exported

FLUSH_SECONDS = 3.0
"""How long a stopping process may still send spans."""


class OtelSpan:
    """One span of the SDK."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def traceparent(self) -> str:
        """Its W3C traceparent, marked as sampled."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def set(self, name: str, value: Value) -> None:
        """The attribute stands under samvern.*; None is left out."""
        if value is not None:
            self._span.set_attribute(f"samvern.{name}", shortened(value) or value)

    def end(self, failure: type[BaseException] | None) -> None:
        """A failure is told by its type alone: its text may hold what must not leave."""
        if failure is not None:
            self._span.set_status(Status(StatusCode.ERROR, failure.__name__))
        self._span.end()


class OtlpExporter:
    """Starts spans of one service and sends them in batches."""

    def __init__(self, service: str, exporter: SpanExporter) -> None:
        self._provider = TracerProvider(resource=Resource({"service.name": service, "service.namespace": "samvern"}))
        self._exporter = exporter
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("samvern")

    @classmethod
    def to(cls, service: str, endpoint: str) -> "OtlpExporter":
        """Sends to a collector; an http:// endpoint is spoken to in the clear."""
        return cls(service, OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://")))

    def start(self, name: str, parent: str, links: Sequence[str], *, is_server: bool) -> Exported:
        """A started span."""
        context = trace.set_span_in_context(NonRecordingSpan(_context(parent))) if parent else None
        return OtelSpan(
            self._tracer.start_span(
                name,
                context=context if context is not None else trace.set_span_in_context(trace.INVALID_SPAN),
                kind=SpanKind.SERVER if is_server else SpanKind.INTERNAL,
                links=[Link(_context(link)) for link in links],
            )
        )

    def close(self) -> None:
        """What was ended has been sent, or given up after FLUSH_SECONDS."""
        # The SDK keeps to no limit here (issues 4555 and 4568 of open-telemetry/opentelemetry-python) and would wait
        # 10 to 30 s where the collector is away. An exporter that is shut down meanwhile gives up at once.
        giving_up = Timer(FLUSH_SECONDS, self._exporter.shutdown)
        giving_up.start()
        self._provider.shutdown()
        giving_up.cancel()


def _context(traceparent: str) -> SpanContext:
    return SpanContext(
        int(traceparent[3:35], 16),
        int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
