"""Whether a process answers: gRPC health, asked by the local operator; HTTP without it; a byte for Postgres."""

import asyncio
import urllib.error
import urllib.request
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from libs.cli.layout import Layout
from libs.cli.state import ProcessState
from libs.errors import SamvernError
from libs.postgres.cluster import Cluster
from libs.rpc.channel import connect
from libs.rpc.config import Peer, Tls
from libs.telemetry.telemetry import NoTelemetry

OPERATOR = "operator/local"
TIMEOUT_SECONDS = 2.0


def operator_tls(layout: Layout) -> Tls:
    """The local operator's certificate."""
    folder = layout.tls(OPERATOR)
    return Tls(certificate=folder / "cert.pem", key=folder / "key.pem", ca=folder / "ca.pem")


async def is_healthy(layout: Layout, process: ProcessState) -> bool:
    """It answers within two seconds that it serves."""
    if process.process is None:
        return False
    if process.postgres is not None:
        return cluster_at(layout, process).is_ready and await _accepts(process.listen)
    if process.peer is None:
        return process.http is not None and await asyncio.to_thread(_answers_http, process.http)
    return await _serves(layout, Peer(address=process.listen, name=process.peer))


def cluster_at(layout: Layout, process: ProcessState) -> Cluster:
    """The Postgres that this process is."""
    assert process.postgres is not None  # The caller has looked.
    return Cluster(layout.postgres(process.postgres), int(process.listen.rpartition(":")[2]))


async def _serves(layout: Layout, peer: Peer) -> bool:
    try:
        async with connect(peer, operator_tls(layout), NoTelemetry()) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_SECONDS)
    except (SamvernError, OSError):
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _accepts(address: str) -> bool:
    """A postmaster that is not stuck answers an SSLRequest with one byte (PostgreSQL manual, 54.2.11)."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
                return await reader.read(1) in (b"N", b"S")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def _answers_http(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
