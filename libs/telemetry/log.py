"""One JSON object a line on standard output. Only the fields of fields.py may appear; times are coarse (a second), so
that a line cannot be matched with a request elsewhere."""

import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from libs.errors import SamvernError
from libs.telemetry.fields import ALLOWED, Value, is_allowed, shortened
from libs.telemetry.tracing import Tracing

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

FRAMES_SHOWN = 4
CHAIN_SHOWN = 6
ROOT = Path(__file__).resolve().parent.parent.parent

Sink = Callable[[bytes], None]


class Logger:
    """Writes events of one service."""

    def __init__(self, service: str, tracing: Tracing, sink: Sink, *, level: str = "info", is_strict: bool) -> None:
        """`is_strict` raises ValueError for a field that may not appear; else it is left out and counted."""
        self._service = service
        self._tracing = tracing
        self._sink = sink
        self._level = LEVELS[level]
        self._is_strict = is_strict
        self._encode = msgspec.json.Encoder().encode

    def debug(self, event: str, **fields: Value) -> None:
        """For who looks into one process."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Value) -> None:
        """Something became true."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Value) -> None:
        """Something failed that will be tried again."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Value) -> None:
        """Someone should look."""
        self._write("error", event, fields)

    def failure(self, event: str, error: BaseException, *, level: str = "error", **fields: Value) -> None:
        """An exception is told by its types and places. Its text is written only where it is ours, hence safe."""
        if isinstance(error, SamvernError):
            fields = {"reason": error.reason_name, "detail": error.detail, **fields}
        self._write(level, event, {"cause": _chain(error), "frames": _frames(error), **fields})

    def _write(self, level: str, event: str, fields: dict[str, Value]) -> None:
        refused = [name for name, value in fields.items() if not is_allowed(name, value)]
        if refused and self._is_strict:
            raise ValueError(f"{', '.join(refused)} may not appear in telemetry; the names are: {', '.join(ALLOWED)}")
        if LEVELS[level] < self._level:
            return
        line: dict[str, Value] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "level": level,
            "service": self._service,
            "event": event,
        }
        span = self._tracing.current
        if span is not None:
            line["trace_id"], line["span_id"] = span.trace_id, span.span_id
        for name, value in fields.items():
            if name not in refused:
                line[name] = shortened(value)
        if refused:
            line["fields_refused"] = len(refused)
        self._sink(self._encode(line) + b"\n")


def to_stdout(line: bytes) -> None:
    """The line is out of this process's buffers."""
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def discard(line: bytes) -> None:
    """Nothing is written."""


def _chain(error: BaseException) -> str:
    names: list[str] = []
    link: BaseException | None = error
    while link is not None and len(names) < CHAIN_SHOWN:
        names.append(type(link).__qualname__)
        if isinstance(link, BaseExceptionGroup):
            link = link.exceptions[0]
        else:
            link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return " < ".join(names)


def _frames(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
    return ", ".join(f"{_shown(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)


def _shown(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
