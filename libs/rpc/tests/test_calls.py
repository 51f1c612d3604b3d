"""Calls through a real server and channel: errors, deadlines, limits, streams, traces and the end."""

import asyncio
import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from libs import errors
from libs.rpc.channel import connect
from libs.rpc.streams import read_within
from libs.rpc.tests.echo import DELIVERY, ROUTING, Echo, running
from libs.telemetry.log import Logger
from libs.telemetry.metrics import Prometheus
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.telemetry.tracing import Tracing
from libs.testing.ports import free_port
from libs.testing.rpc import TestServer
from samvern.delivery.v1 import delivery_pb2 as d
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub
from samvern.routing.v1 import routing_pb2 as r
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub

REQUEST = r.ResolvePlaceRequest(kommunenummer="4601")


async def resolve(server: TestServer, request: r.ResolvePlaceRequest = REQUEST, timeout: float = 5) -> str:
    async with server.channel("service/gateway") as channel:
        answer = await RoutingServiceStub(channel).ResolvePlace(request, timeout=timeout)
        return answer.tjeneste_id


@pytest.mark.parametrize("kind", [kind for kind in errors.ALL if kind is not errors.Internal])
async def test_an_error_arrives_as_it_was_raised(tmp_path: Path, kind: type[errors.SamvernError]) -> None:
    async def fail(_context: Any) -> None:
        raise kind("got 1, expected 2 æøå", retry_after_seconds=1.5)

    echo = Echo()
    echo.on_resolve = fail
    async with running(tmp_path, echo) as server:
        with pytest.raises(kind) as caught:
            await resolve(server)
    assert type(caught.value) is kind
    assert (caught.value.detail, caught.value.retry_after_seconds) == ("got 1, expected 2 æøå", 1.5)


@pytest.mark.parametrize("error", [ValueError("canary"), errors.Internal("canary"), TimeoutError("canary")])
async def test_a_mistake_of_ours_hides_its_text_and_is_logged(tmp_path: Path, error: Exception) -> None:
    async def fail(_context: Any) -> None:
        raise error

    lines: list[bytes] = []
    echo = Echo()
    echo.on_resolve = fail
    async with running(tmp_path, echo, NoTelemetry(lines.append)) as server:
        with pytest.raises(errors.Internal, match="a mistake on our side"):
            await resolve(server)
    logged = [line for line in map(json.loads, lines) if line["event"] == "rpc_failed"]
    assert [line["cause"] for line in logged] == [type(error).__name__]
    assert logged[0]["caller"] == "service/gateway"
    assert isinstance(error, errors.Internal) or b"canary" not in b"".join(lines)


async def test_an_error_in_a_stream_comes_after_its_messages(tmp_path: Path) -> None:
    async def fail(_context: Any) -> None:
        raise errors.LeaseLost("a newer stream has taken over")

    echo = Echo()
    echo.on_resolve = fail
    async with running(tmp_path, echo) as server, server.channel("node/bergen") as channel:
        call = DeliveryServiceStub(channel).StreamHeads(d.StreamHeadsRequest())
        for text in ("one", "two"):
            message = await read_within(call, 5)
            assert message is not None
            assert message.sequence_head == text
        with pytest.raises(errors.LeaseLost, match="a newer stream"):
            await read_within(call, 5)


async def test_a_stream_that_is_over_gives_none(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server, server.channel("node/bergen") as channel:
        call = DeliveryServiceStub(channel).StreamHeads(d.StreamHeadsRequest())
        read = [await read_within(call, 5) for _ in range(3)]
    assert [message is None for message in read] == [False, False, True]


async def test_a_silent_stream_times_out(tmp_path: Path) -> None:
    echo = Echo()
    echo.is_endless = True
    async with running(tmp_path, echo) as server, server.channel("node/bergen") as channel:
        call = DeliveryServiceStub(channel).StreamHeads(d.StreamHeadsRequest())
        await read_within(call, 5)
        await read_within(call, 5)
        with pytest.raises(errors.TimedOut, match="nothing came for"):
            await read_within(call, 0.1)
        call.cancel()


async def test_a_call_without_a_deadline_is_refused_on_both_sides(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server, server.channel("service/gateway") as channel:
        with pytest.raises(TypeError, match="every unary call has a deadline"):
            await RoutingServiceStub(channel).ResolvePlace(REQUEST)
        bare = channel._inner  # type: ignore[attr-defined]
        with pytest.raises(grpc.aio.AioRpcError, match="every call needs a deadline"):
            await RoutingServiceStub(bare).ResolvePlace(REQUEST)


async def test_a_passed_deadline_ends_the_call_on_both_sides(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def wait(_context: Any) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    echo = Echo()
    echo.on_resolve = wait
    async with running(tmp_path, echo) as server:
        with pytest.raises(errors.TimedOut, match="service/test did not answer in time"):
            await resolve(server, timeout=0.2)
        async with asyncio.timeout(5):
            await ended.wait()


async def test_the_servers_own_limit_ends_a_call_with_a_later_deadline(tmp_path: Path) -> None:
    async def wait(_context: Any) -> None:
        await asyncio.sleep(60)

    echo = Echo()
    echo.on_resolve = wait
    async with running(tmp_path, echo, max_call_seconds=0.1) as server:
        with pytest.raises(errors.TimedOut, match="within the limit of 0\\.1 s"):
            await resolve(server, timeout=30)


async def test_one_call_too_many_is_refused_at_once_and_health_is_not(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def wait(_context: Any) -> None:
        await gate.wait()

    echo = Echo()
    echo.on_resolve = wait
    started = running(tmp_path, echo, max_concurrent=3, max_concurrent_per_caller=2)
    async with started as server, server.channel("service/gateway") as channel:
        stub = RoutingServiceStub(channel)
        async with asyncio.TaskGroup() as group:
            first = [group.create_task(_resolve(stub)) for _ in range(2)]
            await asyncio.sleep(0.2)
            with pytest.raises(errors.Overloaded) as caught:
                await stub.GetLabel(r.GetLabelRequest(), timeout=5)
            assert caught.value.retry_after_seconds == 1
            async with server.channel("node/bergen") as other:
                tasks = [group.create_task(_resolve(RoutingServiceStub(other)))]
                await asyncio.sleep(0.2)
                with pytest.raises(errors.Overloaded):
                    await RoutingServiceStub(other).ResolvePlace(REQUEST, timeout=5)
                await _health(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
                gate.set()
                assert [await task for task in tasks] == ["node/bergen"]
        assert [task.result() for task in first] == ["service/gateway"] * 2
        assert (await stub.GetLabel(r.GetLabelRequest(), timeout=5)).label == "x"


def _health(channel: Any) -> Any:
    return health_pb2_grpc.HealthStub(channel)


def _reflection(channel: Any) -> Any:
    return reflection_pb2_grpc.ServerReflectionStub(channel)


async def _resolve(stub: Any) -> str:
    answer = await stub.ResolvePlace(REQUEST, timeout=5)
    return str(answer.tjeneste_id)


async def test_a_message_over_the_limit_is_too_large_and_the_channel_lives_on(tmp_path: Path) -> None:
    started = running(tmp_path, Echo(), max_message_bytes=10_000)
    async with started as server, server.channel("service/gateway") as channel:
        stub = RoutingServiceStub(channel)
        with pytest.raises(errors.TooLarge, match="larger than service/test takes"):
            await stub.ResolvePlace(r.ResolvePlaceRequest(kommunenummer="x" * 10_001), timeout=5)
        assert (await stub.ResolvePlace(REQUEST, timeout=5)).tjeneste_id == "service/gateway"


async def test_bytes_that_are_no_message_are_malformed(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server, server.channel("service/gateway") as channel:
        call = channel.unary_unary(f"/{ROUTING}/ResolvePlace", lambda raw: raw, lambda raw: raw)
        with pytest.raises(errors.Malformed, match="not the protobuf message"):
            await call(b"\xff\xff\xff", timeout=5)


async def test_an_unknown_method_is_unavailable(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server, server.channel("service/gateway") as channel:
        call = channel.unary_unary(f"/{ROUTING}/OfANewerVersion", lambda raw: raw, lambda raw: raw)
        with pytest.raises(errors.Unavailable):
            await call(b"", timeout=5)


async def test_health_and_reflection_answer_everyone_with_a_certificate_of_ours(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server, server.channel("operator/local") as channel:
        stub = _health(channel)
        for name in ("", ROUTING, DELIVERY):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(errors.NotFound):
            await stub.Check(health_pb2.HealthCheckRequest(service="x"), timeout=5)
        await server.running.set_serving(is_serving=False)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        call = _reflection(channel).ServerReflectionInfo()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        await call.done_writing()
        listed = await call.read()
        assert {ROUTING, DELIVERY} < {each.name for each in listed.list_services_response.service}
    async with running(tmp_path, Echo()) as server:
        nobody = server.authority.tls_with([], "nobody")
        async with server.channel_with(nobody) as channel:
            with pytest.raises(errors.Unauthenticated):
                await _health(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            call = _reflection(channel).ServerReflectionInfo()
            with pytest.raises(grpc.aio.AioRpcError, match="UNAUTHENTICATED"):
                await call.read()


async def test_the_end_lets_a_call_finish_and_ends_streams_and_watches(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def work(_context: Any) -> None:
        begun.set()
        await asyncio.sleep(0.3)

    echo = Echo()
    async with asyncio.timeout(4), asyncio.TaskGroup() as group:
        async with running(tmp_path, echo, grace_seconds=5) as server:
            node, gateway = server.channel("node/bergen"), server.channel("service/gateway")
            echo.is_endless = True
            stream = DeliveryServiceStub(node).StreamHeads(d.StreamHeadsRequest())
            watch = _health(gateway).Watch(health_pb2.HealthCheckRequest())
            await read_within(stream, 5)
            await read_within(stream, 5)
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            echo.on_resolve = work
            answer = group.create_task(_resolve(RoutingServiceStub(gateway)))
            await begun.wait()
        assert await answer == "service/gateway"
        with pytest.raises(errors.Unavailable, match="stopping"):
            await read_within(stream, 5)
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(errors.Unavailable):
            await watch.read()
        with pytest.raises(errors.Unavailable, match="cannot be reached"):
            await _resolve(RoutingServiceStub(gateway))
        await node.close()
        await gateway.close()


async def test_a_channel_is_back_within_three_seconds_of_its_peers_return(tmp_path: Path) -> None:
    port = free_port()
    async with running(tmp_path, Echo(), listen=f"127.0.0.1:{port}") as server:
        channel = server.channel("service/gateway")
        stub = RoutingServiceStub(channel)
        await _resolve(stub)
        authority = server.authority
    for _ in range(20):
        with pytest.raises(errors.Unavailable):
            await _resolve(stub)
        await asyncio.sleep(0.1)
    async with running(tmp_path, Echo(), authority=authority, listen=f"127.0.0.1:{port}"):
        async with asyncio.timeout(3):
            while True:
                try:
                    assert await _resolve(stub) == "service/gateway"
                    break
                except errors.Unavailable:
                    await asyncio.sleep(0.05)
    await channel.close()


async def test_an_address_in_use_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server:
        with pytest.raises(errors.Unavailable, match="is another process there"):
            async with running(tmp_path, Echo(), listen=server.peer.address):
                pass


@pytest.mark.parametrize("propagate", [True, False])
async def test_a_trace_travels_unless_told_not_to(tmp_path: Path, propagate: bool) -> None:
    tracing = Tracing()
    metrics = Prometheus()
    telemetry = Telemetry(Logger("t", tracing, lambda _line: None, is_strict=True), tracing, metrics)
    seen: list[str] = []

    async def look(_context: Any) -> None:
        seen.append(telemetry.current_traceparent())

    echo = Echo()
    echo.on_resolve = look
    async with running(tmp_path, echo, telemetry) as server:
        tls = server.authority.tls("service/gateway")
        async with connect(server.peer, tls, telemetry, propagate_trace=propagate) as channel:
            with telemetry.span("outer", "") as span:
                await RoutingServiceStub(channel).ResolvePlace(REQUEST, timeout=5)
    assert (seen[0][3:35] == span.trace_id) is propagate
    labels = {"method": "ResolvePlace", "reason": "OK"}
    assert metrics.registry.get_sample_value("samvern_rpc_calls_total", labels) == 1
