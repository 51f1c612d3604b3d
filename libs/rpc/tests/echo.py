"""A service to test with: routing's unary calls and delivery's stream, with behaviour set by each test."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from grpc.aio import Server

from libs.rpc.identity import caller
from libs.telemetry.telemetry import Telemetry
from libs.testing.rpc import TestServer, serving
from samvern.delivery.v1 import delivery_pb2 as d
from samvern.delivery.v1.delivery_pb2_grpc import DeliveryServiceServicer, add_DeliveryServiceServicer_to_server
from samvern.routing.v1 import routing_pb2 as r
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceServicer, add_RoutingServiceServicer_to_server

ROUTING = "samvern.routing.v1.RoutingService"
DELIVERY = "samvern.delivery.v1.DeliveryService"
ACCESS = {
    f"/{ROUTING}/ResolvePlace": ("service/gateway", "node/*"),
    f"/{ROUTING}/GetLabel": ("service/gateway",),
    f"/{ROUTING}/ListLabels": ("service/intake",),
    **{
        f"/{DELIVERY}/{name}": ("node/*",)
        for name in ("StreamHeads", "ListHeads", "FetchMelding", "ConfirmStored", "RecordProof")
    },
}


class Echo(RoutingServiceServicer, DeliveryServiceServicer):
    """Answers ResolvePlace with the caller's name and StreamHeads with two messages, unless told otherwise."""

    def __init__(self) -> None:
        self.on_resolve: Callable[[Any], Awaitable[None]] | None = None
        self.is_endless = False

    async def ResolvePlace(self, request: r.ResolvePlaceRequest, context: Any) -> r.ResolvePlaceResponse:
        if self.on_resolve is not None:
            await self.on_resolve(context)
        return r.ResolvePlaceResponse(tjeneste_id=str(caller(context)))

    async def GetLabel(self, request: r.GetLabelRequest, context: Any) -> r.GetLabelResponse:
        return r.GetLabelResponse(label="x")

    async def ListLabels(self, request: r.ListLabelsRequest, context: Any) -> r.ListLabelsResponse:
        return r.ListLabelsResponse()

    async def StreamHeads(self, request: d.StreamHeadsRequest, context: Any) -> None:  # type: ignore[override]
        for text in ("one", "two"):
            await context.write(d.StreamHeadsResponse(sequence_head=text))
        if self.is_endless:
            await asyncio.sleep(60)
        if self.on_resolve is not None:
            await self.on_resolve(context)

    async def ListHeads(self, request: d.ListHeadsRequest, context: Any) -> d.ListHeadsResponse:
        return d.ListHeadsResponse()

    async def FetchMelding(self, request: d.FetchMeldingRequest, context: Any) -> None:  # type: ignore[override]
        await context.write(d.FetchMeldingResponse())

    async def ConfirmStored(self, request: d.ConfirmStoredRequest, context: Any) -> d.ConfirmStoredResponse:
        return d.ConfirmStoredResponse()

    async def RecordProof(self, request: d.RecordProofRequest, context: Any) -> d.RecordProofResponse:
        return d.RecordProofResponse()


def register(echo: Echo) -> Callable[[Server], None]:
    """What a service's main gives to serve."""

    def add(server: Server) -> None:
        add_RoutingServiceServicer_to_server(echo, server)
        add_DeliveryServiceServicer_to_server(echo, server)

    return add


def running(
    folder: Path, echo: Echo, telemetry: Telemetry | None = None, **limits: Any
) -> AbstractAsyncContextManager[TestServer]:
    """The service on a free port."""
    return serving(
        folder, access=ACCESS, register=register(echo), services=[ROUTING, DELIVERY], telemetry=telemetry, **limits
    )
