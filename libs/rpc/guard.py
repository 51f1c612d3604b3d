"""What stands around every handler: who calls, may they, is there a deadline and a place, a span, and errors turned
into statuses. Handlers are wrapped once, when they are registered, not by gRPC interceptors: an interceptor works anew
at each call, and runs only after the request was parsed, so that it could neither be lean nor refuse bad bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from time import perf_counter
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from grpc.aio import AbortError, ServicerContext

from libs.errors import AccessDenied, Internal, Malformed, SamvernError, TimedOut, Unauthenticated, Unavailable
from libs.rpc.access import may_call
from libs.rpc.identity import Identity, caller
from libs.rpc.limits import Limits
from libs.rpc.statuses import INTERNAL_SENTENCE, shown_detail, status_code, trailers
from libs.telemetry.telemetry import Telemetry

Context: TypeAlias = ServicerContext[Any, Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

TRACEPARENT = "traceparent"


class Guard:
    """Wraps the handlers of one server."""

    def __init__(self, limits: Limits, max_call_seconds: float, telemetry: Telemetry) -> None:
        self._limits = limits
        self._max_call_seconds = max_call_seconds
        self._telemetry = telemetry
        self._calls = telemetry.counter("rpc_calls_total", "Calls answered, by outcome.", ["method", "reason"])
        self._seconds = telemetry.histogram("rpc_seconds", "How long calls took.", ["method"])
        self._streams: dict[int, asyncio.Timeout] = {}

    def wrap(self, path: str, handler: Handler, callers: tuple[str, ...] | None) -> Handler:
        """The handler behind the guard.

        `callers` None: open to every certificate of ours, without deadline and place (health, reflection). Raises
        ValueError for an RPC of ours that streams requests: a request is one message, to be limited and repeated.
        """
        serializer = handler.response_serializer
        if handler.unary_unary is not None:
            answer = self._guarded(path, handler.unary_unary, handler.request_deserializer, callers, self._in_time)
            return grpc.unary_unary_rpc_method_handler(answer, None, serializer)
        if handler.unary_stream is not None:
            answer = self._guarded(path, handler.unary_stream, handler.request_deserializer, callers, self._until_stop)
            return grpc.unary_stream_rpc_method_handler(answer, None, serializer)
        if callers is not None:
            raise ValueError(f"{path} streams requests")
        both = _authenticated(handler.stream_stream)
        return grpc.stream_stream_rpc_method_handler(both, handler.request_deserializer, serializer)

    def end_streams(self) -> None:
        """Every open stream ends with UNAVAILABLE: they are made to be resumed, here or elsewhere."""
        for scope in list(self._streams.values()):
            scope.reschedule(0)

    def _guarded(
        self,
        path: str,
        behaviour: Any,
        parse: Any,
        callers: tuple[str, ...] | None,
        limited: Callable[[Any, Any, Context], Awaitable[Any]],
    ) -> Any:
        method = path.rpartition("/")[2]
        observe = self._seconds.labels(method).observe

        async def answer(raw: bytes, context: Context) -> Any:
            started = perf_counter()
            identity: Identity | None = None
            outcome = "CANCELLED"
            try:
                identity = caller(context)
                if callers is None:
                    response = await self._until_stop(behaviour, _parsed(parse, raw), context)
                else:
                    if not may_call(callers, identity):
                        raise AccessDenied(f"{identity} may not call {method}")
                    with self._limits.place(identity), self._span(method, context):
                        response = await limited(behaviour, _parsed(parse, raw), context)
                outcome = "OK"
                return response
            except AbortError:
                outcome = "ABORTED"
                raise
            except Exception as error:  # noqa: BLE001 - the one place where anything unforeseen becomes INTERNAL
                failure = error if isinstance(error, SamvernError) else Internal(INTERNAL_SENTENCE)
                outcome = failure.reason_name
                self._log(error, method, identity)
                await context.abort(status_code(failure), shown_detail(failure), trailers(failure))
            finally:
                observe(perf_counter() - started)
                self._calls.labels(method, outcome).inc()

        return answer

    async def _in_time(self, behaviour: Any, request: Any, context: Context) -> Any:
        remaining: float | None = context.time_remaining()
        if remaining is None:
            raise Malformed("every call needs a deadline, got none")
        if remaining <= self._max_call_seconds:
            return await behaviour(request, context)  # The transport cancels us at the caller's own deadline.
        scope = asyncio.timeout(self._max_call_seconds)
        try:
            async with scope:
                return await behaviour(request, context)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise TimedOut(f"not done within the limit of {self._max_call_seconds:g} s") from error

    async def _until_stop(self, behaviour: Any, request: Any, context: Context) -> Any:
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._streams[id(scope)] = scope
                return await behaviour(request, context)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise Unavailable("the server is stopping") from error
        finally:
            self._streams.pop(id(scope), None)

    def _span(self, method: str, context: Context) -> Any:
        parent = ""
        for key, value in context.invocation_metadata() or ():
            if key == TRACEPARENT and isinstance(value, str):
                parent = value
        return self._telemetry.tracing.span(method, parent, is_server=True)

    def _log(self, error: Exception, method: str, identity: Identity | None) -> None:
        who = str(identity) if identity is not None else None
        if isinstance(error, Internal) or not isinstance(error, SamvernError):
            self._telemetry.log.failure("rpc_failed", error, method=method, caller=who)
        elif isinstance(error, AccessDenied | Unauthenticated):
            self._telemetry.log.warning("rpc_refused", method=method, caller=who, reason=error.reason_name)
        else:
            self._telemetry.log.debug("rpc_refused", method=method, caller=who, reason=error.reason_name)


def _parsed(parse: Any, raw: bytes) -> Any:
    try:
        return parse(raw)
    except DecodeError as error:
        raise Malformed("the request is not the protobuf message of this call") from error


def _authenticated(behaviour: Any) -> Any:
    async def answer(requests: Any, context: Context) -> AsyncIterator[Any]:
        try:
            caller(context)
        except Unauthenticated as error:
            await context.abort(status_code(error), shown_detail(error), trailers(error))
        async with aclosing(behaviour(requests, context)) as answers:
            async for each in answers:
                yield each

    return answer
