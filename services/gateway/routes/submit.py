"""POST /api/native/v1/meldinger: one sealed melding in, its receipt out. The hot path: one decode, one call."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler, post

from services.gateway.limits import MELDING_BODY
from services.gateway.reading import AnyRequest, Reader
from services.gateway.upstream import Intake
from services.gateway.wire import WireReceipt, decode_submission


def submit_route(intake: Intake, reader: Reader) -> HTTPRouteHandler:
    """The handler."""

    @post("/api/native/v1/meldinger")
    async def submit_melding(request: AnyRequest) -> Response[bytes]:
        """The receipt of a melding that is committed; the very same bytes at each repeat."""
        async with reader.body(request, MELDING_BODY, "application/json") as body:
            receipt = await intake.submit(decode_submission(body))
        return Response(msgspec.json.encode(WireReceipt(receipt)), media_type="application/json")

    return submit_melding
