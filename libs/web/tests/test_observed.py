"""Requests are counted and traced by their route, and by nothing that the sender chose."""

from collections.abc import Iterator

import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from litestar.testing import AsyncTestClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from libs.telemetry.log import Logger, discard
from libs.telemetry.metrics import Prometheus
from libs.telemetry.otlp import OtlpExporter
from libs.telemetry.telemetry import Telemetry
from libs.telemetry.tracing import Tracing
from libs.testing.world import FakeClock
from libs.web.observed import Observed

THEIR_TRACE = "0af7651916cd43dd8448eb211c80319c"


class World:
    """A small app with telemetry in memory."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.metrics = Prometheus()
        tracing = Tracing(OtlpExporter("gateway", self.spans))
        self.telemetry = Telemetry(Logger("gateway", tracing, discard, is_strict=True), tracing, self.metrics)
        self.inside: list[str] = []

        @get("/labels/{kommune:str}")
        async def label(kommune: FromPath[str]) -> str:
            self.inside.append(self.telemetry.current_traceparent()[3:35])
            return kommune

        app = Litestar([label], openapi_config=None, logging_config=None)
        self.client = AsyncTestClient(Observed(app, FakeClock(), self.telemetry))

    @property
    def numbers(self) -> str:
        return generate_latest(self.metrics.registry).decode()


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.telemetry.close()


async def test_a_request_is_counted_and_traced_by_its_route(world: World) -> None:
    async with world.client as client:
        await client.get("/labels/4601?navn=canary")
    assert 'http_requests_total{method="GET",route="/labels/{kommune}",status="200"} 1.0' in world.numbers
    world.telemetry.tracing.close()
    (span,) = world.spans.get_finished_spans()
    assert (span.name, dict(span.attributes or {})) == (
        "http_request",
        {"samvern.http_method": "GET", "samvern.route": "/labels/{kommune}", "samvern.http_status": 200},
    )
    assert world.inside == [f"{span.context.trace_id:032x}"]


async def test_the_senders_own_trace_is_not_taken_up(world: World) -> None:
    async with world.client as client:
        await client.get("/labels/4601", headers={"traceparent": f"00-{THEIR_TRACE}-b7ad6b7169203331-01"})
    assert world.inside != [THEIR_TRACE]


async def test_what_a_stranger_makes_up_is_no_label(world: World) -> None:
    async with world.client as client:
        await client.request("CANARY", "/canary")
        await client.get("/canary/4601")
    assert "canary" not in world.numbers.lower()
    assert 'method="other",route="other",status="404"} 1.0' in world.numbers
