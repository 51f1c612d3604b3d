"""Nobody may call a node; whoever has a certificate of ours may ask for its health."""

from pathlib import Path
from typing import Any

import pytest
from grpc.aio import Channel
from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.errors import Unavailable
from libs.testing.rpc import CALLERS, serving
from libs.testing.tls import TestAuthority
from services.delivery_node.access import ACCESS


async def health(channel: Channel) -> Any:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return await stub.Check(health_pb2.HealthCheckRequest(), timeout=2.0)


async def test_health_is_all_that_a_node_offers(tmp_path: Path) -> None:
    assert ACCESS == {}
    async with serving(
        tmp_path, access=ACCESS, register=lambda _server: None, services=[], name="node/fjellvik"
    ) as server:
        for caller in CALLERS:
            async with server.channel(caller) as channel:
                answer = await health(channel)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
        stranger = TestAuthority(tmp_path / "stranger").tls("service/delivery")
        async with server.channel_with(stranger) as channel:
            with pytest.raises(Unavailable):
                await health(channel)
