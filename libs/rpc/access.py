"""Who may call what: a literal table in each service's access.py, checked against what the server really offers."""

from collections.abc import Iterable, Mapping

from libs.rpc.identity import KINDS, Identity

Access = Mapping[str, tuple[str, ...]]
"""For each RPC by path ("/samvern.intake.v1.IntakeService/GetStatus") the callers: "service/gateway", "node/*"."""

OPEN_SERVICES = ("grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection")
"""Any caller with a certificate of ours may use these; they are not in the tables."""


def check_table(access: Access, offered: Iterable[str]) -> None:
    """The table names exactly the RPCs offered, each with callers of a known kind. Raises ValueError: do not start."""
    offered = sorted(offered)
    missing = [path for path in offered if path not in access]
    unknown = sorted(path for path in access if path not in offered)
    if missing or unknown:
        raise ValueError(f"access table does not fit the server: missing {missing}, not offered {unknown}")
    for path, callers in access.items():
        wrong = [name for name in callers if name.partition("/")[0] not in KINDS or not name.partition("/")[2]]
        if wrong or not callers:
            raise ValueError(f"access table names no caller, or wrong ones, for {path}: {wrong}")


def may_call(callers: Iterable[str], identity: Identity) -> bool:
    """Whether the identity is among them, by name or by its kind's wildcard."""
    return str(identity) in callers or f"{identity.kind}/*" in callers
