"""The node's loops: follow heads, fetch bytes, prove facts, send proofs.

They share nothing but the store and bells; each looks into the store anew each round. Kill the process anywhere: the
next one goes on from the store, and every step is one that may be done twice.
"""

import asyncio

from libs.keystore import Keystore
from services.delivery_node.fetch import Fetcher
from services.delivery_node.follow import Follower
from services.delivery_node.prove import Prover
from services.delivery_node.send import Sender
from services.delivery_node.surroundings import Surroundings


class Worker:
    """All four."""

    def __init__(self, here: Surroundings, keystore: Keystore) -> None:
        self._loops = (Follower(here), Fetcher(here), Prover(here, keystore), Sender(here))

    async def run(self) -> None:
        """Goes on until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for loop in self._loops:
                tasks.create_task(loop.run())
