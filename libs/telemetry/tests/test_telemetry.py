"""What is written, what is refused, and how a trace is carried."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.errors import Unavailable
from libs.telemetry import otlp
from libs.telemetry.foreign import ForeignHandler
from libs.telemetry.log import Logger
from libs.telemetry.metrics import NoMetrics, Prometheus
from libs.telemetry.otlp import OtlpExporter
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.telemetry.tracing import Tracing
from libs.testing.programs import environment

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Lines:
    """Keeps what was written."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    def __call__(self, line: bytes) -> None:
        self.raw.append(line)

    @property
    def last(self) -> dict[str, object]:
        line: dict[str, object] = json.loads(self.raw[-1])
        return line


def make(lines: Lines, *, is_strict: bool = True, level: str = "info") -> Telemetry:
    tracing = Tracing()
    return Telemetry(Logger("intake", tracing, lines, level=level, is_strict=is_strict), tracing, NoMetrics())


def test_a_line_is_one_json_object_with_coarse_time_and_ids() -> None:
    lines = Lines()
    telemetry = make(lines)
    with telemetry.span("work", TRACE):
        telemetry.log.info("melding_accepted", number=7)
    line = lines.last
    assert lines.raw[0].count(b"\n") == 1
    assert len(str(line.pop("at"))) == len("2026-11-22T12:00:00Z")
    assert len(str(line.pop("span_id"))) == 16
    assert line == {
        "level": "info",
        "service": "intake",
        "event": "melding_accepted",
        "trace_id": TRACE[3:35],
        "number": 7,
    }


def test_a_duration_is_told_in_milliseconds() -> None:
    lines = Lines()
    make(lines).log.info("copied", delay_seconds=0.24350739203511906)
    assert lines.last["delay_seconds"] == 0.244


def test_a_field_outside_the_list_is_refused_in_tests() -> None:
    with pytest.raises(ValueError, match="navn may not appear in telemetry"):
        NoTelemetry().log.debug("melding_accepted", navn="Kari Nordmann")
    with pytest.raises(ValueError, match="number may not appear"):
        NoTelemetry().log.info("melding_accepted", number=b"bytes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="navn may not appear"):
        NoTelemetry().span("x").set(navn="Kari Nordmann")


def test_a_field_outside_the_list_is_left_out_in_production() -> None:
    lines = Lines()
    make(lines, is_strict=False).log.info("melding_accepted", navn="Kari Nordmann", number=1)
    assert lines.last["fields_refused"] == 1
    assert lines.last["number"] == 1
    assert b"Kari" not in lines.raw[0]


def test_lines_below_the_level_are_not_written() -> None:
    lines = Lines()
    telemetry = make(lines, level="warning")
    telemetry.log.info("melding_accepted")
    telemetry.log.warning("intake_away")
    assert [json.loads(line)["event"] for line in lines.raw] == ["intake_away"]


def test_a_foreign_exception_is_told_without_its_text() -> None:
    lines = Lines()
    telemetry = make(lines)
    try:
        try:
            raise KeyError("canary")
        except KeyError as error:
            raise ValueError("canary") from error
    except ValueError as error:
        telemetry.log.failure("rpc_failed", error, method="X")
    assert lines.last["cause"] == "ValueError < KeyError"
    assert "libs/telemetry/tests/test_telemetry.py" in str(lines.last["frames"])
    assert b"canary" not in lines.raw[0]


def test_our_own_error_is_told_with_reason_and_detail() -> None:
    lines = Lines()
    make(lines).log.failure("intake_away", Unavailable("intake cannot be reached"))
    assert (lines.last["reason"], lines.last["detail"]) == ("UNAVAILABLE", "intake cannot be reached")


def test_foreign_lines_keep_their_template_only() -> None:
    lines = Lines()
    handler = ForeignHandler(make(lines).log)
    handler.handle(logging.makeLogRecord({"name": "x", "levelno": 30, "msg": "bad row %s", "args": ("canary",)}))
    assert (lines.last["level"], lines.last["template"]) == ("warning", "bad row %s")
    handler.handle(logging.makeLogRecord({"name": "x", "levelno": 50, "msg": "never retrieved\nfuture: canary"}))
    assert lines.last["level"] == "error"
    assert b"canary" not in b"".join(lines.raw)


async def test_each_task_has_its_own_current_span() -> None:
    telemetry = make(Lines())
    seen: dict[str, str] = {}

    async def work(name: str) -> None:
        with telemetry.span(name, ""):
            await asyncio.sleep(0)
            seen[name] = telemetry.current_traceparent()[3:35]

    async with asyncio.TaskGroup() as group:
        group.create_task(work("a"))
        group.create_task(work("b"))
    assert seen["a"] != seen["b"]
    assert telemetry.current_traceparent() == ""


def test_a_span_continues_its_parent_and_an_unreadable_parent_begins_a_trace() -> None:
    telemetry = make(Lines())
    with telemetry.span("outer", TRACE) as outer, telemetry.span("inner") as inner:
        assert inner.trace_id == outer.trace_id == TRACE[3:35]
        assert inner.span_id != outer.span_id
    with telemetry.span("outer", "nonsense") as span:
        assert span.trace_id not in ("", TRACE[3:35])


def test_without_telemetry_there_is_no_trace() -> None:
    telemetry = NoTelemetry()
    with telemetry.span("outer", TRACE), telemetry.span("inner"):
        assert telemetry.current_traceparent() == ""


def test_a_process_that_ends_by_an_exception_says_so_without_its_text() -> None:
    program = (
        "from libs.telemetry.telemetry import Telemetry, TelemetryConfig\n"
        "with Telemetry.start('intake', TelemetryConfig()) as telemetry:\n"
        "    telemetry.log.info('begun', number=1)\n"
        "    raise ValueError('canary')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, check=False, timeout=20
    )
    begun, last = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (ended.returncode, ended.stderr, begun["number"]) == (1, b"", 1)
    assert (last["event"], last["cause"]) == ("ended_by_exception", "ValueError")
    assert b"canary" not in ended.stdout


@pytest.fixture
def exported() -> Iterator[tuple[Telemetry, InMemorySpanExporter]]:
    memory = InMemorySpanExporter()
    tracing = Tracing(OtlpExporter("intake", memory))
    yield Telemetry(Logger("intake", tracing, Lines(), is_strict=True), tracing, NoMetrics()), memory
    tracing.close()


def test_an_exported_span_has_parent_links_and_fields(exported: tuple[Telemetry, InMemorySpanExporter]) -> None:
    telemetry, memory = exported
    link = TRACE.replace("b7ad", "0001")
    with telemetry.tracing.span("outer", TRACE, [link], is_server=True) as outer, telemetry.span("inner") as inner:
        inner.set(number=3, reason=None)
    telemetry.tracing.close()
    first, second = memory.get_finished_spans()
    assert (first.name, second.name) == ("inner", "outer")
    assert first.parent is not None
    assert f"{first.parent.span_id:016x}" == outer.span_id
    assert second.parent is not None
    assert f"{second.parent.span_id:016x}" == TRACE[36:52]
    assert [f"{each.context.span_id:016x}" for each in second.links] == [link[36:52]]
    assert dict(first.attributes or {}) == {"samvern.number": 3}


def test_the_span_that_a_task_stands_in_can_be_tagged(exported: tuple[Telemetry, InMemorySpanExporter]) -> None:
    telemetry, memory = exported
    telemetry.tag(number=1)
    with telemetry.span("work"):
        telemetry.tag(number=3)
        with pytest.raises(ValueError, match="navn may not appear"):
            telemetry.tag(navn="Kari Nordmann")
    telemetry.tracing.close()
    assert [dict(span.attributes or {}) for span in memory.get_finished_spans()] == [{"samvern.number": 3}]


def test_a_failed_span_tells_the_type_only(exported: tuple[Telemetry, InMemorySpanExporter]) -> None:
    telemetry, memory = exported
    with pytest.raises(ValueError, match="canary"), telemetry.span("work"):
        raise ValueError("canary")
    telemetry.tracing.close()
    assert memory.get_finished_spans()[0].status.description == "ValueError"
    assert "canary" not in str([span.to_json() for span in memory.get_finished_spans()])


@pytest.mark.parametrize("backlog", [5, None], ids=["silent", "away"])
def test_a_collector_that_takes_nothing_does_not_keep_a_process_from_ending(
    backlog: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "FLUSH_SECONDS", 0.5)
    with socket.socket() as collector:
        collector.bind(("127.0.0.1", 0))
        if backlog is not None:
            collector.listen(backlog)
        tracing = Tracing(OtlpExporter.to("intake", f"http://127.0.0.1:{collector.getsockname()[1]}"))
        with tracing.span("work"):
            pass
        began = time.monotonic()
        tracing.close()
    assert time.monotonic() - began < 3.0


def test_metrics_are_served_and_the_same_name_is_the_same_instrument() -> None:
    metrics = Prometheus()
    metrics.counter("accepted_total", "Accepted.", ["reason"]).labels("OK").inc()
    metrics.counter("accepted_total", "Accepted.", ["reason"]).labels("OK").inc()
    metrics.gauge("queue", "Waiting.").set(3)
    metrics.histogram("accept_seconds", "How long.").observe(0.02)
    metrics.serve("127.0.0.1:0")
    assert metrics._served is not None
    port = metrics._served[0].server_port
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    metrics.close()
    assert 'samvern_accepted_total{reason="OK"} 2.0' in text
    assert "samvern_queue 3.0" in text
    assert "_created" not in text
    assert 'samvern_accept_seconds_bucket{le="0.025"} 1.0' in text
