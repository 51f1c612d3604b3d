"""A listening server: mutual TLS, every RPC behind the guard, health and reflection, and a graceful end."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc
from grpc.aio import Server
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from libs.errors import Unavailable
from libs.rpc.access import OPEN_SERVICES, Access, check_table
from libs.rpc.config import ServerConfig
from libs.rpc.guard import Guard
from libs.rpc.limits import Limits
from libs.telemetry.telemetry import Telemetry

KEEPALIVE_MILLISECONDS = 10_000
"""A peer that does not answer a ping within as long again is dead: noticed within 20 s, on either side."""
SPARE_STREAMS = 64
"""HTTP/2 streams per connection beyond max_concurrent, so that one too many is answered and does not wait unseen."""
MAX_METADATA_BYTES = 16_384


class Running:
    """A server that takes calls."""

    def __init__(self, port: int, servicer: health.aio.HealthServicer, service_names: Sequence[str]) -> None:
        self.port = port
        """Where it listens, also when port 0 was asked for."""
        self._health = servicer
        self._service_names = service_names

    async def set_serving(self, *, is_serving: bool) -> None:
        """Health says SERVING, or NOT_SERVING while calls are still answered."""
        answer = health_pb2.HealthCheckResponse
        for name in ("", *self._service_names):
            await self._health.set(name, answer.SERVING if is_serving else answer.NOT_SERVING)


@asynccontextmanager
async def serve(
    config: ServerConfig,
    *,
    access: Access,
    register: Callable[[Server], None],
    service_names: Sequence[str],
    telemetry: Telemetry,
) -> AsyncIterator[Running]:
    """A server that takes calls inside the block, and has answered or ended all of them after it.

    `register` adds our servicers, e.g. `lambda server: add_IntakeServiceServicer_to_server(service, server)`;
    `service_names` are their full names, for health and reflection. Raises ValueError when `access` does not name
    exactly the RPCs registered, and Unavailable when the address cannot be listened on.
    """
    guard = Guard(Limits(config.max_concurrent, config.max_concurrent_per_caller), config.max_call_seconds, telemetry)
    servicer = health.aio.HealthServicer()
    handlers = _handlers(register, servicer, service_names)
    check_table(access, [path for path in handlers if not _is_open(path)])
    server = grpc.aio.server(options=_options(config))
    _add(server, {path: guard.wrap(path, handler, _callers(path, access)) for path, handler in handlers.items()})
    running = Running(_listen(server, config), servicer, service_names)
    await server.start()
    await running.set_serving(is_serving=True)
    telemetry.log.info("listening", listen=config.listen, port=running.port)
    try:
        yield running
    finally:
        await servicer.enter_graceful_shutdown()
        guard.end_streams()
        await server.stop(config.grace_seconds)
        telemetry.log.info("stopped_listening", port=running.port)


class _Registrar:
    """Takes what generated add_XServicer_to_server functions give to a server, so that it can be wrapped."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        """The same handlers come again, by name, below."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Keeps each handler under its path."""
        self.handlers.update({f"/{service}/{method}": handler for method, handler in handlers.items()})


def _handlers(
    register: Callable[[Server], None], servicer: health.aio.HealthServicer, service_names: Sequence[str]
) -> dict[str, Any]:
    registrar = _Registrar()
    server = cast("Server", registrar)
    register(server)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    reflector = reflection.aio.ReflectionServicer((*service_names, *OPEN_SERVICES))
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(reflector, server)  # type: ignore[no-untyped-call]
    return registrar.handlers


def _is_open(path: str) -> bool:
    return path.split("/")[1] in OPEN_SERVICES


def _callers(path: str, access: Access) -> tuple[str, ...] | None:
    return None if _is_open(path) else access[path]


def _add(server: Server, handlers: Mapping[str, Any]) -> None:
    by_service: dict[str, dict[str, Any]] = {}
    for path, handler in handlers.items():
        _, service, method = path.split("/")
        by_service.setdefault(service, {})[method] = handler
    for service, methods in by_service.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
        server.add_registered_method_handlers(service, methods)


def _listen(server: Server, config: ServerConfig) -> int:
    certificate, key, ca = config.tls.read()
    credentials = grpc.ssl_server_credentials([(key, certificate)], ca, require_client_auth=True)
    try:
        return server.add_secure_port(config.listen, credentials)
    except RuntimeError as error:
        raise Unavailable(f"cannot listen on {config.listen}; is another process there?") from error


def _options(config: ServerConfig) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # Two processes on one port is a mistake, not a feature.
        ("grpc.max_receive_message_length", config.max_message_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", config.max_concurrent + SPARE_STREAMS),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.keepalive_time_ms", KEEPALIVE_MILLISECONDS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_MILLISECONDS),
        ("grpc.http2.ping_timeout_ms", KEEPALIVE_MILLISECONDS),  # Its default of a minute rules otherwise.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MILLISECONDS // 2),
        ("grpc.http2.max_ping_strikes", 0),
    ]
