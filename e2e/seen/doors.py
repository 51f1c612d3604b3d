"""The gRPC face of each process, met by one who has a certificate of the instance and by those who have none."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

TIMEOUT_SECONDS = 5.0


def credentials(folder: Path, *, ca: Path | None = None) -> grpc.ChannelCredentials:
    """Those of the identity whose certificate lies in the folder; `ca` names another authority to believe."""
    key, certificate = ((folder / name).read_bytes() for name in ("key.pem", "cert.pem"))
    return grpc.ssl_channel_credentials((ca or folder / "ca.pem").read_bytes(), key, certificate)


def nobody(ca: Path) -> grpc.ChannelCredentials:
    """Those of one who shows no certificate."""
    return grpc.ssl_channel_credentials(ca.read_bytes())


def is_serving(listen: str, host: str, who: grpc.ChannelCredentials) -> bool:
    """Whether health says SERVING. Raises grpc.RpcError when it says nothing."""
    with closing(_channel(listen, host, who)) as channel:
        stub: Any = HealthStub(channel)
        answer = stub.Check(HealthCheckRequest(), timeout=TIMEOUT_SECONDS)
    return bool(answer.status == HealthCheckResponse.SERVING)


def services(listen: str, host: str, who: grpc.ChannelCredentials) -> Sequence[str]:
    """What reflection lists. Raises grpc.RpcError when it is refused."""
    with closing(_channel(listen, host, who)) as channel:
        database: Any = ProtoReflectionDescriptorDatabase(channel)
        return sorted(database.get_services())


def _channel(listen: str, host: str, who: grpc.ChannelCredentials) -> grpc.Channel:
    options = [("grpc.ssl_target_name_override", host), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.secure_channel(listen, who, options)
