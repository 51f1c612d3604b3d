"""A channel to one peer: mutual TLS against the peer's name, every failure one of our errors, a deadline on every
unary call. It wraps the stub's callables; gRPC's client interceptors would start a task of their own for each call."""

from collections.abc import Awaitable, Sequence
from types import TracebackType
from typing import Any, Self, cast

import grpc
from grpc.aio import (
    AioRpcError,
    Channel,
    StreamStreamMultiCallable,
    StreamUnaryMultiCallable,
    UnaryStreamMultiCallable,
    UnaryUnaryMultiCallable,
)

from libs.rpc.config import Peer, Tls
from libs.rpc.guard import TRACEPARENT
from libs.rpc.server import KEEPALIVE_MILLISECONDS
from libs.rpc.statuses import error_from
from libs.telemetry.telemetry import Telemetry

MAX_RECEIVE_BYTES = 8_000_000
"""Largest answer: a directory snapshot of 4 MiB in its signed envelope."""
RECONNECT_FIRST_MILLISECONDS = 100
RECONNECT_CAP_MILLISECONDS = 2_000
CONNECT_LIMIT_MILLISECONDS = 5_000


def connect(peer: Peer, tls: Tls, telemetry: Telemetry, *, propagate_trace: bool = True) -> Channel:
    """A channel that connects at its first call and again whenever the peer returns; to be entered with `async with`.

    Calls fail at once while the peer is away. Without `propagate_trace` the peer begins a trace of its own.
    """
    certificate, key, ca = tls.read()
    credentials = grpc.ssl_channel_credentials(ca, key, certificate)
    return PeerChannel(
        grpc.aio.secure_channel(peer.address, credentials, _options(peer)), peer.name, telemetry, propagate_trace
    )


class PeerChannel(Channel):
    """grpc.aio's channel with our errors; give it to a generated stub."""

    def __init__(self, inner: Channel, peer: str, telemetry: Telemetry, propagate_trace: bool) -> None:
        self._inner = inner
        self._peer = peer
        self._telemetry = telemetry
        self._propagate_trace = propagate_trace
        self._failures = telemetry.counter("rpc_client_failures_total", "Failed calls.", ["peer", "method", "reason"])

    def unary_unary(self, method: str, *arguments: Any, **options: Any) -> UnaryUnaryMultiCallable[Any, Any]:
        """One request, one answer: `await stub.X(request, timeout=seconds)`."""
        inner = self._inner.unary_unary(method, *arguments, **options)
        return cast("UnaryUnaryMultiCallable[Any, Any]", _Unary(inner, method, self))

    def unary_stream(self, method: str, *arguments: Any, **options: Any) -> UnaryStreamMultiCallable[Any, Any]:
        """One request, many answers: `call = stub.X(request)`, then read (libs/rpc/streams.py) and cancel."""
        inner = self._inner.unary_stream(method, *arguments, **options)
        return cast("UnaryStreamMultiCallable[Any, Any]", _Stream(inner, method, self))

    def stream_unary(self, method: str, *arguments: Any, **options: Any) -> StreamUnaryMultiCallable[Any, Any]:
        """As in grpc.aio; no service of ours has such a call."""
        return self._inner.stream_unary(method, *arguments, **options)

    def stream_stream(self, method: str, *arguments: Any, **options: Any) -> StreamStreamMultiCallable[Any, Any]:
        """As in grpc.aio; for reflection only."""
        return self._inner.stream_stream(method, *arguments, **options)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """As in grpc.aio; for tests."""
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """As in grpc.aio; for tests."""
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """As in grpc.aio; for tests."""
        await self._inner.channel_ready()

    async def close(self, grace: float | None = None) -> None:
        """The connection is gone; calls in flight are cancelled after `grace`."""
        await self._inner.close(grace)

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._inner.close()

    def metadata(self) -> Sequence[tuple[str, str]] | None:
        """What goes with each call: the trace context, if there is one and it may travel."""
        traceparent = self._telemetry.current_traceparent() if self._propagate_trace else ""
        return ((TRACEPARENT, traceparent),) if traceparent else None

    def failed(self, method: str, failure: AioRpcError) -> Exception:
        """The error to raise instead; counted."""
        error = error_from(failure, self._peer)
        self._failures.labels(self._peer, method.rpartition("/")[2], error.reason_name).inc()
        return error


class _Unary:
    """Calls one method; the answer is a plain awaitable."""

    __slots__ = ("_channel", "_inner", "_method")

    def __init__(self, inner: Any, method: str, channel: PeerChannel) -> None:
        self._inner = inner
        self._method = method
        self._channel = channel

    async def __call__(self, request: Any, *, timeout: float | None = None) -> Any:
        if timeout is None:
            raise TypeError(f"{self._method} is called without a timeout; every unary call has a deadline")
        try:
            return await self._inner(request, timeout=timeout, metadata=self._channel.metadata())
        except AioRpcError as failure:
            raise self._channel.failed(self._method, failure) from failure


class _Stream:
    """Opens one method's stream."""

    __slots__ = ("_channel", "_inner", "_method")

    def __init__(self, inner: Any, method: str, channel: PeerChannel) -> None:
        self._inner = inner
        self._method = method
        self._channel = channel

    def __call__(self, request: Any, *, timeout: float | None = None) -> "_StreamCall":
        call = self._inner(request, timeout=timeout, metadata=self._channel.metadata())
        return _StreamCall(call, self._method, self._channel)


class _StreamCall:
    """An open stream: read until grpc.aio.EOF, or cancel."""

    __slots__ = ("_call", "_channel", "_method")

    def __init__(self, call: Any, method: str, channel: PeerChannel) -> None:
        self._call = call
        self._method = method
        self._channel = channel

    def read(self) -> Awaitable[Any]:
        """The next message, or grpc.aio.EOF after the last. Raises our errors."""
        return self._read()

    def cancel(self) -> bool:
        """The peer is told that nobody reads any more."""
        cancelled: bool = self._call.cancel()
        return cancelled

    async def _read(self) -> Any:
        try:
            return await self._call.read()
        except AioRpcError as failure:
            raise self._channel.failed(self._method, failure) from failure


def _options(peer: Peer) -> list[tuple[str, int | str]]:
    return [
        ("grpc.ssl_target_name_override", peer.host),
        ("grpc.max_receive_message_length", MAX_RECEIVE_BYTES),
        ("grpc.max_send_message_length", -1),  # The peer's own limit decides, and says so.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_retries", 0),  # Repeating is our decision: each call says whether it is safe.
        ("grpc.keepalive_time_ms", KEEPALIVE_MILLISECONDS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_MILLISECONDS),
        ("grpc.http2.ping_timeout_ms", KEEPALIVE_MILLISECONDS),  # Its default of a minute rules otherwise.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", RECONNECT_FIRST_MILLISECONDS),
        ("grpc.min_reconnect_backoff_ms", CONNECT_LIMIT_MILLISECONDS),
        ("grpc.max_reconnect_backoff_ms", RECONNECT_CAP_MILLISECONDS),
    ]
