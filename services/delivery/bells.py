"""A bell for each receiver: rung when its node has something new to hear of."""

from libs.loops.bell import Bell
from libs.values import TjenesteId


class Bells:
    """As many as there are receivers in the directory."""

    def __init__(self) -> None:
        self._bells: dict[TjenesteId, Bell] = {}

    def of(self, receiver: TjenesteId) -> Bell:
        """The receiver's bell."""
        return self._bells.setdefault(receiver, Bell())
