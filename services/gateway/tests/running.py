"""The portal and the sealing process on real ports, around an intake in memory: for a browser in tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.testing.labels import TestReceiver
from libs.testing.ports import free_port
from libs.web.server import serve_http
from services.gateway.config import Origins
from services.gateway.tests.doubles import Surrounding


@dataclass(frozen=True)
class Portal:
    """Both origins, and what stands behind them."""

    around: Surrounding

    @property
    def url(self) -> str:
        """The portal's origin."""
        return self.around.origins.portal


@asynccontextmanager
async def portal(receiver: TestReceiver) -> AsyncIterator[Portal]:
    """Both processes' applications, serving inside the block."""
    around = await Surrounding.new(receiver)
    portal_port, sealing_port = free_port(), free_port()
    around.origins = Origins(f"http://127.0.0.1:{portal_port}", f"http://127.0.0.1:{sealing_port}")
    async with (
        serve_http(around.app("portal"), f"127.0.0.1:{portal_port}"),
        serve_http(around.app("sealing"), f"127.0.0.1:{sealing_port}"),
    ):
        yield Portal(around)
