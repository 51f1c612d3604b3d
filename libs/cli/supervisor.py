"""Brings an instance up and keeps it up until it is asked to stop.

First what must exist (provision.py), as much at once as the machine can do; then every process as soon as what it needs
is there; then the keeper goes on. What runs stands in run/state.json at every moment, so that `down` finds it all also
when this process was killed.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from libs.cli.configs import write_config
from libs.cli.failure import Failure
from libs.cli.keeper import Keeper
from libs.cli.layout import Layout
from libs.cli.plan import ACCEPTING, ClusterPlan, Plan, ProgramPlan
from libs.cli.provision import NodeKeys, make_cluster, make_databases, make_node_keys, make_trust
from libs.cli.readiness import import_when_possible, wait_until_ready
from libs.cli.running import state_of
from libs.cli.state import State, read_stopped, replace_file, write_state
from libs.cli.stopping import stop_all
from libs.cli.units import PostgresUnit, PythonUnit
from libs.world import Clock

POSTGRES_POLL_SECONDS = 0.05
READERS = ("routing", "intake", "delivery", "gateway", "gateway-sealing")
"""They read the directory's snapshot, and look for a newer one twice a minute. At the very first start they wait until
it holds the tjenester, so that the instance is ready as soon as they are."""

Tell = Callable[[str], None]


@dataclass
class Supervisor:
    """One instance's processes, from the first to the last moment."""

    layout: Layout
    plan: Plan
    ports: dict[str, int]
    clock: Clock
    tell: Tell
    on_ready: Callable[[], None]

    def __post_init__(self) -> None:
        self._keeper = Keeper(self.clock, self._write_state)
        self._asked_to_stop = asyncio.Event()
        self._is_ready = False
        self._has_databases = {cluster.cluster: asyncio.Event() for cluster in self.plan.clusters}

    async def run(self) -> None:
        """Everything runs until `stop`; then nothing does. Raises Failure when it cannot be brought up."""
        self._write_state()
        failure: Failure | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keeper.run())
                tasks.create_task(self._bring_up())
                await self._asked_to_stop.wait()
                raise _AskedToStop
        except* _AskedToStop:
            self.tell("Stopping")
        except* Failure as failures:
            failure = _first(failures)
        finally:
            stop_all(self._state())
            self._write_state()
        if failure:  # Raised up there, it would come wrapped in a group on some versions of Python.
            raise failure

    def stop(self) -> None:
        """`run` stops everything and returns."""
        self._asked_to_stop.set()

    def child_ended(self) -> None:
        """Some child may have ended."""
        self._keeper.look()

    def follow_wishes(self) -> None:
        """Processes that the operator stopped do not run; the others do. Does nothing until all were started once."""
        if self._is_ready:
            stopped = read_stopped(self.layout)
            for name in self._keeper.kept:
                self._keeper.want(name, is_wanted=name not in stopped)

    async def _bring_up(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wait_until_ready(self.layout, self.plan, self._state, self.tell))
            for cluster in self.plan.clusters:
                tasks.create_task(self._start_cluster(cluster))
            logs = await make_trust(self.layout, self.plan)
            for program in self.plan.programs:
                if program.identity:
                    write_config(self.layout, self.plan, program, logs)
            node_keys = {node.name: tasks.create_task(make_node_keys(self.layout, node)) for node in self.plan.nodes}
            imported = tasks.create_task(self._import(node_keys))
            for program in self.plan.programs:
                tasks.create_task(self._start_program(program, node_keys.get(program.name), imported))
        self._is_ready = True
        self._write_state()
        self.on_ready()

    async def _start_cluster(self, plan: ClusterPlan) -> None:
        if not self.layout.postgres(plan.cluster).exists():
            self.tell(f"Making {plan.name}")
        cluster = await make_cluster(self.layout, plan)
        self._keeper.add(PostgresUnit(plan.name, cluster, is_background=plan.name not in ACCEPTING))
        self._keeper.want(plan.name)
        while not cluster.is_ready:
            await asyncio.sleep(POSTGRES_POLL_SECONDS)
        await make_databases(self.layout, self.plan, plan)
        self._has_databases[plan.cluster].set()

    async def _start_program(
        self, plan: ProgramPlan, node_keys: asyncio.Task[NodeKeys] | None, imported: asyncio.Task[None]
    ) -> None:
        arguments = [plan.module, "--config", str(self.layout.config(plan.name))]
        if plan.identity is None:
            users = [node.tjeneste.user for node in self.plan.nodes if node.tjeneste]
            arguments = [plan.module, "--port", plan.listen.rpartition(":")[2], *users]
        is_background = plan.name not in ACCEPTING
        self._keeper.add(PythonUnit(plan.name, arguments, self.layout.log(plan.name), is_background=is_background))
        if node_keys:
            await node_keys
        if plan.cluster:
            await self._has_databases[plan.cluster].wait()
        if plan.name in READERS and not self.layout.imported_file.exists():
            await imported
        self._keeper.want(plan.name)

    async def _import(self, node_keys: Mapping[str, asyncio.Task[NodeKeys]]) -> None:
        tjenester = [(node.tjeneste, await node_keys[node.name]) for node in self.plan.nodes if node.tjeneste]
        await import_when_possible(self.layout, self.plan, tjenester)
        replace_file(self.layout.imported_file, b"")

    def _state(self) -> State:
        return state_of(self.layout, self.plan, self.ports, self._keeper.kept, is_ready=self._is_ready)

    def _write_state(self) -> None:
        write_state(self.layout, self._state())


class _AskedToStop(Exception):
    """Ends the task group."""


def _first(failures: BaseExceptionGroup[Failure]) -> Failure:
    inner = failures.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
