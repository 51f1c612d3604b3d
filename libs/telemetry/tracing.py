"""Spans (W3C Trace Context). The current span is known per task; the trace of a melding is also stored in rows and
handed on as an explicit `traceparent`. Without an exporter a span is two random numbers and costs next to nothing, so
that logs still share a trace id."""

import re
from collections.abc import Sequence
from contextvars import ContextVar, Token
from random import Random
from types import TracebackType
from typing import Protocol, Self

from libs.telemetry.fields import ALLOWED, Value, is_allowed

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


class Exported(Protocol):
    """A span that an exporter will send."""

    def traceparent(self) -> str:
        """Its W3C traceparent."""

    def set(self, name: str, value: Value) -> None:
        """The attribute is on the span."""

    def end(self, failure: type[BaseException] | None) -> None:
        """The span is over, failed if an exception type is given."""


class Exporter(Protocol):
    """Starts spans that leave the process (libs/telemetry/otlp.py)."""

    def start(self, name: str, parent: str, links: Sequence[str], *, is_server: bool) -> Exported:
        """A started span; `parent` and `links` are traceparents, "" for none."""

    def close(self) -> None:
        """What was ended has been sent, or given up within a few seconds."""


class Span:
    """One stretch of work; a context manager that is the current span inside."""

    __slots__ = ("_current", "_exported", "_token", "traceparent")

    def __init__(self, traceparent: str, current: "ContextVar[Span | None] | None", exported: Exported | None) -> None:
        self.traceparent = traceparent
        self._current = current
        self._exported = exported
        self._token: Token[Span | None] | None = None

    @property
    def trace_id(self) -> str:
        """32 hex digits, or "" where nothing is traced."""
        return self.traceparent[3:35]

    @property
    def span_id(self) -> str:
        """16 hex digits, or "" where nothing is traced."""
        return self.traceparent[36:52]

    def set(self, **fields: Value) -> None:
        """The fields are on the span, if it is exported. Raises ValueError for one that fields.py does not list."""
        for name, value in fields.items():
            if not is_allowed(name, value):
                raise ValueError(f"{name} may not appear in telemetry; the names are: {', '.join(ALLOWED)}")
            if self._exported is not None:
                self._exported.set(name, value)

    def __enter__(self) -> Self:
        if self._current is not None:
            self._token = self._current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._current is not None and self._token is not None:
            self._current.reset(self._token)
        if self._exported is not None:
            self._exported.end(kind)


class Tracing:
    """Starts spans and knows the current one."""

    def __init__(self, exporter: Exporter | None = None, *, is_on: bool = True) -> None:
        self._exporter = exporter
        self._is_on = is_on
        self._random = Random()  # noqa: S311 - ids of spans are no secrets
        self._current: ContextVar[Span | None] = ContextVar("span", default=None)
        self._off = Span("", None, None)

    @property
    def current(self) -> Span | None:
        """The span that this task stands in."""
        return self._current.get()

    def span(self, name: str, parent: str | None = None, links: Sequence[str] = (), *, is_server: bool = False) -> Span:
        """A span to enter.

        `parent` is a traceparent; None continues the current span, "" (or a text that is no traceparent) begins a
        trace of its own. `links` are traceparents of work that this one joins.
        """
        if not self._is_on:
            return self._off
        if parent is None:
            current = self._current.get()
            parent = current.traceparent if current is not None else ""
        match = _TRACEPARENT.fullmatch(parent) if parent else None
        if self._exporter is not None:
            exported = self._exporter.start(name, parent if match else "", links, is_server=is_server)
            return Span(exported.traceparent(), self._current, exported)
        trace_id = match[1] if match else f"{self._random.getrandbits(128):032x}"
        return Span(f"00-{trace_id}-{self._random.getrandbits(64):016x}-01", self._current, None)

    def close(self) -> None:
        """Ended spans have been sent."""
        if self._exporter is not None:
            self._exporter.close()
