"""The instance on this machine that a command speaks with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from libs.cli.failure import NothingRuns
from libs.cli.layout import Layout
from libs.cli.options import default_data_dir
from libs.cli.processes import is_alive
from libs.cli.state import NodeState, State, read_state

OPERATOR = "operator/local"


@dataclass(frozen=True)
class Instance:
    """A data directory whose supervisor has run at least once."""

    layout: Layout
    _state: State

    @classmethod
    def open(cls, data: Path | None) -> Self:
        """The instance at `data` (None: the default place). Raises NothingRuns when nothing was ever started there, or
        its supervisor does not live."""
        instance = cls.find(data)
        if not is_alive(instance.state().supervisor):
            raise NothingRuns(f"nothing runs at {instance.layout.data}; start it with `./samvern up`")
        return instance

    @classmethod
    def find(cls, data: Path | None) -> Self:
        """Like `open`, also when it does not run any more."""
        layout = Layout((data or default_data_dir()).absolute())
        state = read_state(layout)
        if state is None:
            raise NothingRuns(f"there is no instance at {layout.data}; start one with `./samvern up`")
        return cls(layout, state)

    @property
    def is_alive(self) -> bool:
        """Its supervisor or any of its processes lives."""
        state = self.state()
        return any(is_alive(each) for each in [state.supervisor, *(each.process for each in state.processes.values())])

    def state(self) -> State:
        """What runs now, read again from disk."""
        return read_state(self.layout) or self._state

    @property
    def portal_url(self) -> str:
        """Where people and case systems reach the gateway, without a slash at the end."""
        return self._state.portal

    @property
    def sealing_url(self) -> str:
        """The sealing process's own origin, without a slash at the end."""
        return self._state.sealing

    @property
    def root_file(self) -> Path:
        """The pinned root that every signed statement is verified from."""
        return self.layout.root_file

    @property
    def logs_file(self) -> Path:
        """Origin and verifier key of both transparency logs."""
        return self.layout.logs_file

    @property
    def nodes(self) -> list[NodeState]:
        """Every delivery node."""
        return self._state.nodes

    def node_for(self, kommune: str, bydel: str = "00") -> NodeState:
        """The node that serves this place. Raises NothingRuns when none does."""
        for node in self.nodes:
            if kommune in node.kommuner and (not node.bydeler or bydel in node.bydeler):
                return node
        known = ", ".join(f"{kommune}-{bydel}" for node in self.nodes for kommune in node.kommuner
                          for bydel in node.bydeler or ["00"])  # fmt: skip
        raise NothingRuns(f"no delivery node here serves {kommune}-{bydel}; there are nodes for {known}")

    def address(self, process: str) -> str:
        """Where a process listens, e.g. address("intake")."""
        return self._state.processes[process].listen
