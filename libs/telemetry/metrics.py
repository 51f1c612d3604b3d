"""Counters, gauges and histograms in Prometheus' form, in a registry of their own: nothing is global. Label values come
from fixed lists (a method, a reason, a receiver's id), never from a request."""

from collections.abc import Sequence
from threading import Thread
from typing import Any, Protocol, Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, start_http_server
from prometheus_client.metrics import MetricWrapperBase

DURATION_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; from a statement in the database to the longest call."""


class Instrument(Protocol):
    """What a counter (inc), a gauge (set, inc, dec) and a histogram (observe) have in common."""

    def labels(self, *values: str) -> Self:
        """The one for these label values, in the order they were declared."""

    def inc(self, amount: float = 1) -> None:
        """It has grown. Counters and gauges only."""

    def dec(self, amount: float = 1) -> None:
        """It has shrunk. Gauges only."""

    def set(self, value: float) -> None:
        """It has this value. Gauges only."""

    def observe(self, amount: float) -> None:
        """One more observation. Histograms only."""


class Metrics(Protocol):
    """Makes instruments; the same name gives the same instrument again."""

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """Counts what happened; `name` ends in _total."""

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """Tells how it is now."""

    def histogram(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """Tells how durations in seconds are spread; `name` ends in _seconds."""


class Prometheus:
    """Keeps the numbers of one process and serves them."""

    def __init__(self) -> None:
        # The exact moment of the first melding is nobody's to know (times are coarse here), and no number of ours.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=True)
        self._made: dict[str, Any] = {}
        self._served: tuple[WSGIServer, Thread] | None = None

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """A prometheus_client Counter."""
        return self._make(Counter, name, text, labels)

    def gauge(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """A prometheus_client Gauge."""
        return self._make(Gauge, name, text, labels)

    def histogram(self, name: str, text: str, labels: Sequence[str] = ()) -> Instrument:
        """A prometheus_client Histogram with DURATION_BUCKETS."""
        return self._make(Histogram, name, text, labels, buckets=DURATION_BUCKETS)

    def serve(self, listen: str) -> None:
        """/metrics answers at `listen` ("127.0.0.1:9101"), from a thread of its own, until close."""
        host, _, port = listen.rpartition(":")
        self._served = start_http_server(int(port), host, self.registry)

    def close(self) -> None:
        """The endpoint is gone."""
        if self._served is not None:
            server, thread = self._served
            server.shutdown()
            server.server_close()
            thread.join()
            self._served = None

    def _make(
        self, kind: type[MetricWrapperBase], name: str, text: str, labels: Sequence[str], **options: Any
    ) -> Instrument:
        if name not in self._made:
            self._made[name] = kind(f"samvern_{name}", text, labels, registry=self.registry, **options)
        made: Instrument = self._made[name]
        return made


class NoInstrument:
    """Forgets everything."""

    def labels(self, *_values: str) -> Self:
        """Itself."""
        return self

    def inc(self, amount: float = 1) -> None:
        """Nothing."""

    def dec(self, amount: float = 1) -> None:
        """Nothing."""

    def set(self, value: float) -> None:
        """Nothing."""

    def observe(self, amount: float) -> None:
        """Nothing."""


class NoMetrics:
    """Makes instruments that forget everything."""

    def counter(self, _name: str, _text: str, _labels: Sequence[str] = ()) -> Instrument:
        """Nothing is counted."""
        return NoInstrument()

    gauge = counter
    histogram = counter
