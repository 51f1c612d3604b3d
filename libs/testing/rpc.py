"""A real server on the loopback address with throw-away certificates, channels to it as any caller, and the one test
of access that every service shares."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc.aio import Channel, Server

from libs.errors import AccessDenied, SamvernError, Unauthenticated, Unavailable
from libs.rpc.access import Access, may_call
from libs.rpc.channel import connect
from libs.rpc.config import Peer, ServerConfig, Tls
from libs.rpc.identity import Identity
from libs.rpc.server import Running, serve
from libs.rpc.streams import read_within
from libs.telemetry.telemetry import NoTelemetry, Telemetry
from libs.testing.tls import TestAuthority

SERVICES = ("audit", "delivery", "directory", "gateway", "intake", "keys", "routing", "sealing")
CALLERS = (*(f"service/{name}" for name in SERVICES), "service/stranger", "node/bergen", "operator/local")
"""Every kind of caller that has a certificate of ours."""

PROTO = Path(__file__).resolve().parent.parent.parent / "proto"
PATIENCE_SECONDS = 0.2


class TestServer:
    """A server that takes calls, and channels to it."""

    __test__ = False

    def __init__(self, running: Running, authority: TestAuthority, name: str) -> None:
        self.running = running
        self.authority = authority
        self.peer = Peer(address=f"127.0.0.1:{running.port}", name=name)

    def channel(self, caller: str, telemetry: Telemetry | None = None) -> Channel:
        """A channel as `caller`, e.g. "service/gateway"; enter it with `async with`."""
        return connect(self.peer, self.authority.tls(caller), telemetry or NoTelemetry())

    def channel_with(self, tls: Tls) -> Channel:
        """A channel with other certificates."""
        return connect(self.peer, tls, NoTelemetry())


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    access: Access,
    register: Callable[[Server], None],
    services: Sequence[str],
    name: str = "service/test",
    telemetry: Telemetry | None = None,
    authority: TestAuthority | None = None,
    **limits: Any,
) -> AsyncIterator[TestServer]:
    """A server on a free port. `folder` (tmp_path) gets the certificates of a new authority, unless one is given;
    `limits` are fields of ServerConfig."""
    authority = authority or TestAuthority(folder / "tls")
    fields = {"listen": "127.0.0.1:0", "tls": authority.tls(name), "grace_seconds": 0.5, **limits}
    config = ServerConfig(**fields)
    started = serve(
        config, access=access, register=register, service_names=services, telemetry=telemetry or NoTelemetry()
    )
    async with started as running:
        yield TestServer(running, authority, name)


async def assert_access(
    folder: Path, descriptor: ServiceDescriptor, access: Access, register: Callable[[Server], None]
) -> None:
    """Every RPC of the descriptor lets in exactly the callers of the table, refuses all others and who shows no
    certificate of ours, and its table says what the comment in the .proto says."""
    assert_access_is_as_documented(descriptor, access)
    async with serving(folder, access=access, register=register, services=[descriptor.full_name]) as server:
        for caller in CALLERS:
            async with server.channel(caller) as channel:
                for method in descriptor.methods:
                    outcome = await _call(channel, method)
                    expected = may_call(access[_path(method)], Identity(*caller.split("/")))
                    assert isinstance(outcome, AccessDenied) is not expected, f"{caller} at {method.name}: {outcome!r}"
                    assert not isinstance(outcome, Unauthenticated), f"{caller} at {method.name}: {outcome!r}"
        stranger = TestAuthority(folder / "stranger").tls("service/gateway")
        for tls, refusal in ((server.authority.tls_with([], "none"), Unauthenticated), (stranger, Unavailable)):
            async with server.channel_with(tls) as channel:
                for method in descriptor.methods:
                    outcome = await _call(channel, method)
                    assert isinstance(outcome, refusal), f"nobody at {method.name}: {outcome!r}"


def assert_access_is_as_documented(descriptor: ServiceDescriptor, access: Access) -> None:
    """Each RPC's comment in the .proto ends with `Callers:` and the callers of the table, in its order."""
    text = (PROTO / descriptor.file.name).read_text(encoding="utf-8")
    comments = re.findall(r"((?:^ *//.*\n)+) *rpc (\w+)\(", text, re.MULTILINE)
    written = {method: " ".join(comment.replace("//", " ").split()) for comment, method in comments}
    for method in descriptor.methods:
        callers = written[method.name].partition("Callers: ")[2].removesuffix(".")
        assert callers == ", ".join(access[_path(method)]), f"{method.name}: the .proto says {callers!r}"


async def _call(channel: Channel, method: MethodDescriptor) -> SamvernError | None:
    """What an empty request meets; None for an answer."""
    request = GetMessageClass(method.input_type)()
    arguments = (_path(method), type(request).SerializeToString, GetMessageClass(method.output_type).FromString)
    try:
        if method.server_streaming:
            call = channel.unary_stream(*arguments)(request)
            try:
                await read_within(call, PATIENCE_SECONDS)
            finally:
                call.cancel()
        else:
            await channel.unary_unary(*arguments)(request, timeout=PATIENCE_SECONDS)
    except SamvernError as error:
        return error
    return None


def _path(method: MethodDescriptor) -> str:
    assert method.containing_service is not None
    return f"/{method.containing_service.full_name}/{method.name}"
