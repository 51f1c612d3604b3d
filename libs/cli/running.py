"""The state of an instance, put together from its plan and from what its keeper sees."""

import os
from collections.abc import Mapping

from libs.cli.keeper import Kept
from libs.cli.layout import Layout
from libs.cli.plan import ClusterPlan, Plan, ProgramPlan
from libs.cli.ports import HOST
from libs.cli.processes import ref_of
from libs.cli.state import NodeState, ProcessRef, ProcessState, State


def state_of(
    layout: Layout, plan: Plan, ports: Mapping[str, int], kept: Mapping[str, Kept], *, is_ready: bool
) -> State:
    """What runs now, with this process as supervisor."""
    supervisor = ref_of(os.getpid())
    assert supervisor is not None  # We run.
    return State(
        data=str(layout.data),
        portal=plan.portal_url,
        sealing=plan.sealing_url,
        supervisor=supervisor,
        ports=dict(ports),
        nodes=[_node_state(plan, node) for node in plan.nodes],
        processes={
            **{each.name: _cluster_state(each, kept.get(each.name)) for each in plan.clusters},
            **{each.name: _program_state(each, kept.get(each.name)) for each in plan.programs},
        },
        is_ready=is_ready,
    )


def _cluster_state(plan: ClusterPlan, kept: Kept | None) -> ProcessState:
    return ProcessState(
        listen=f"{HOST}:{plan.port}", postgres=plan.cluster, process=_ref(kept), starts=kept.starts if kept else 0
    )


def _program_state(plan: ProgramPlan, kept: Kept | None) -> ProcessState:
    return ProcessState(
        listen=plan.listen,
        peer=plan.identity,
        http=plan.health_url,
        metrics=plan.metrics,
        process=_ref(kept),
        starts=kept.starts if kept else 0,
    )


def _ref(kept: Kept | None) -> ProcessRef | None:
    pid = kept.unit.pid if kept else None
    return None if pid is None else ref_of(pid)


def _node_state(plan: Plan, node: ProgramPlan) -> NodeState:
    assert node.tjeneste is not None  # It is a node.
    return NodeState(
        tjeneste=node.tjeneste.tjeneste_id,
        navn=node.tjeneste.navn,
        kommuner=node.tjeneste.kommuner,
        bydeler=node.tjeneste.bydeler,
        inbox=f"http://{node.http}",
        issuer=plan.issuer,
        user=node.tjeneste.user,
    )
