"""Which processes an instance has, what each is called, where it listens and what it needs first. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from libs.cli.demo import DemoTjeneste
from libs.cli.ports import HOST

CENTRAL = ("keys", "audit", "directory", "routing", "intake", "delivery")
GATEWAYS = {"gateway": "service/gateway", "gateway-sealing": "service/sealing"}
"""The two that run the gateway's program, and their identities."""
ACCEPTING = ("postgres-intake", "intake", *GATEWAYS)
"""Those that a sender waits for; on one machine they go before all others."""
OIDC = "oidc"
CLUSTER_OF = MappingProxyType({"intake": "intake", "audit": "centre", "directory": "centre", "delivery": "centre"})
"""Which Postgres holds the database of which central service. Intake has one of its own: it must accept while all else
is down."""
NODE_SERVICE = "delivery_node"

# Settings of Postgres. fsync and synchronous_commit stay on everywhere.
_INTAKE_POSTGRES = {"shared_buffers": "128MB", "max_connections": "100", "max_wal_size": "1GB"}
_CENTRE_POSTGRES = {"shared_buffers": "64MB", "max_connections": "100"}
_NODE_POSTGRES = {"shared_buffers": "16MB", "max_connections": "20", "max_wal_size": "256MB"}


@dataclass(frozen=True)
class ClusterPlan:
    """One Postgres and the databases in it."""

    cluster: str
    """"intake", "centre" or "node-<tjeneste>"."""
    port: int
    services: tuple[str, ...]
    """Each has a database and two roles of its name here, and its migrations under services/<name>/migrations."""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the operator calls the process."""
        return f"postgres-{self.cluster}"


@dataclass(frozen=True)
class ProgramPlan:
    """One Python process."""

    name: str
    module: str
    listen: str
    """gRPC; for the stand-in login, HTTP."""
    identity: str | None = None
    """Whose certificate it carries; None: no gRPC."""
    http: str | None = None
    """Where it answers HTTP, if it does."""
    metrics: str | None = None
    cluster: str | None = None
    """The Postgres it needs."""
    tjeneste: DemoTjeneste | None = None
    """For a delivery node."""

    @property
    def health_url(self) -> str | None:
        """What to ask a process without gRPC health."""
        return None if self.identity else f"http://{self.listen}/.well-known/openid-configuration"


@dataclass(frozen=True)
class Plan:
    """A whole instance."""

    clusters: tuple[ClusterPlan, ...]
    programs: tuple[ProgramPlan, ...]
    portal_url: str
    sealing_url: str
    issuer: str
    otlp: str | None = None
    """URL of the OTLP collector that gets every process's spans, if there is one."""

    def program(self, name: str) -> ProgramPlan:
        """The process of this name."""
        return next(program for program in self.programs if program.name == name)

    def cluster(self, cluster: str) -> ClusterPlan:
        """The Postgres of this name."""
        return next(plan for plan in self.clusters if plan.cluster == cluster)

    @property
    def nodes(self) -> list[ProgramPlan]:
        """The delivery nodes."""
        return [program for program in self.programs if program.tjeneste]

    @property
    def names(self) -> list[str]:
        """Every process, in the order people read them."""
        return [cluster.name for cluster in self.clusters] + [program.name for program in self.programs]


def make_plan(
    tjenester: Sequence[DemoTjeneste], portal: int, port: Callable[[str], int], otlp: str | None = None
) -> Plan:
    """The plan of an instance whose portal listens on `portal`; `port` gives the port of a name."""

    def address(name: str) -> str:
        return f"{HOST}:{port(name)}"

    clusters = [
        ClusterPlan("intake", port("postgres-intake"), ("intake",), _INTAKE_POSTGRES),
        ClusterPlan("centre", port("postgres-centre"), ("audit", "directory", "delivery"), _CENTRE_POSTGRES),
        *(ClusterPlan(each.node, port(f"postgres-{each.node}"), (NODE_SERVICE,), _NODE_POSTGRES) for each in tjenester),
    ]
    programs = [
        ProgramPlan(
            name,
            f"services.{name}.main",
            address(name),
            identity=f"service/{name}",
            metrics=address(f"{name}-metrics"),
            cluster=CLUSTER_OF.get(name),
        )
        for name in CENTRAL
    ]
    programs += [
        ProgramPlan(
            name,
            "services.gateway.main",
            address(name),
            identity=identity,
            http=f"{HOST}:{portal}" if name == "gateway" else address(f"{name}-http"),
            metrics=address(f"{name}-metrics"),
        )
        for name, identity in GATEWAYS.items()
    ]
    programs += [
        ProgramPlan(
            each.node,
            "services.delivery_node.main",
            address(each.node),
            identity=f"node/{each.tjeneste_id}",
            http=address(f"{each.node}-http"),
            metrics=address(f"{each.node}-metrics"),
            cluster=each.node,
            tjeneste=each,
        )
        for each in tjenester
    ]
    programs.append(ProgramPlan(OIDC, "libs.cli.mock_oidc", address(OIDC)))
    return Plan(
        tuple(clusters),
        tuple(programs),
        portal_url=f"http://{HOST}:{portal}",
        sealing_url=f"http://{address('gateway-sealing-http')}",
        issuer=f"http://{address(OIDC)}",
        otlp=otlp,
    )
