"""By gRPC nobody may call the gateway; health is open to every certificate of ours."""

from pathlib import Path

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from libs.testing.rpc import CALLERS, serving
from services.gateway.access import ACCESS


async def test_only_health_is_offered(tmp_path: Path) -> None:
    assert ACCESS == {}
    nothing = serving(tmp_path, access=ACCESS, register=lambda _: None, services=[], name="service/gateway")
    async with nothing as server:
        for caller in CALLERS:
            async with server.channel(caller) as channel:
                stub = HealthStub(channel)
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)  # type: ignore[attr-defined]
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
