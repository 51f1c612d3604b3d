"""By gRPC nobody may call the gateway; health is open to every certificate of ours."""

from pathlib import Path

from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.testing.rpc import CALLERS, serving
from services.gateway.access import ACCESS


async def test_only_health_is_offered(tmp_path: Path) -> None:
    assert ACCESS == {}
    async with serving(
        tmp_path, access=ACCESS, register=lambda _server: None, services=[], name="service/gateway"
    ) as server:
        for caller in CALLERS:
            async with server.channel(caller) as channel:
                answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
