"""What a service hands to its parts: `log`, spans and metrics in one value. No decision ever reads it."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from libs.telemetry.config import TelemetryConfig
from libs.telemetry.fields import Value
from libs.telemetry.foreign import adopt_foreign_lines
from libs.telemetry.log import Logger, Sink, discard, to_stdout
from libs.telemetry.metrics import Instrument, Metrics, NoMetrics, Prometheus
from libs.telemetry.tracing import Exporter, Span, Tracing


class Telemetry:
    """Logs, traces and metrics of one process."""

    def __init__(self, log: Logger, tracing: Tracing, metrics: Metrics) -> None:
        self.log = log
        self.tracing = tracing
        self.metrics = metrics

    @classmethod
    def start(cls, service: str, config: TelemetryConfig) -> "Telemetry":
        """Telemetry of a real process: standard output, and what `config` names. To be closed at the end."""
        tracing = Tracing(_exporter(service, config.otlp_endpoint))
        log = Logger(service, tracing, to_stdout, level=config.log_level, is_strict=False)
        adopt_foreign_lines(log)
        metrics = Prometheus()
        if config.metrics_listen is not None:
            metrics.serve(config.metrics_listen)
        return cls(log, tracing, metrics)

    def span(self, name: str, parent: str | None = None, links: Sequence[str] = ()) -> Span:
        """A span to enter with `with`; see Tracing.span for `parent` (None: the current one, "": a new trace)."""
        return self.tracing.span(name, parent, links)

    def tag(self, **fields: Value) -> None:
        """The fields are on the span this task stands in, if any. Raises ValueError for one that may not appear."""
        span = self.tracing.current
        if span is not None:
            span.set(**fields)

    def current_traceparent(self) -> str:
        """W3C traceparent of the span this task stands in, to be stored or sent; "" outside any."""
        span = self.tracing.current
        return span.traceparent if span is not None else ""

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """Counts what happened; `name` ends in _total and gets the prefix samvern_."""
        return self.metrics.counter(name, text, labels)

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """Tells how it is now."""
        return self.metrics.gauge(name, text, labels)

    def histogram(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """Tells how durations in seconds are spread; `name` ends in _seconds."""
        return self.metrics.histogram(name, text, labels)

    def close(self) -> None:
        """Ended spans have been sent, and /metrics is gone."""
        self.tracing.close()
        if isinstance(self.metrics, Prometheus):
            self.metrics.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class NoTelemetry(Telemetry):
    """For tests and simulation: writes nothing (or lines to `sink`), but refuses fields that may not appear."""

    def __init__(self, sink: Sink = discard) -> None:
        tracing = Tracing(is_on=False)
        super().__init__(Logger("test", tracing, sink, level="debug", is_strict=True), tracing, NoMetrics())


def _exporter(service: str, endpoint: str | None) -> Exporter | None:
    if endpoint is None:
        return None
    from libs.telemetry.otlp import OtlpExporter  # noqa: PLC0415 - a third of a second that most processes need not pay

    return OtlpExporter.to(service, endpoint)
