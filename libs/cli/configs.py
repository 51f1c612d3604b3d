"""The configuration file of each process, as its config.py reads it."""

from libs.cli.layout import Layout
from libs.cli.plan import NODE_SERVICE, Plan, ProgramPlan
from libs.cli.ports import HOST
from libs.cli.state import replace_file
from libs.cli.toml import Table, to_toml
from libs.cli.trust import LogKeys

KEYS_ORIGIN = "samvern.local/log/keys"
EVENTS_ORIGIN = "samvern.local/log/events"
OIDC_CLIENT_ID = "samvern-demo"
POOL_SIZES = {"intake": 20, "audit": 8, "directory": 4, "delivery": 16, NODE_SERVICE: 6}


def write_config(layout: Layout, plan: Plan, program: ProgramPlan, logs: LogKeys | None) -> None:
    """The process's file is there. `logs` is None only for keys, which has to run first to make them."""
    text = to_toml({**_common(layout, plan, program), **_own(layout, plan, program, logs)})
    replace_file(layout.config(program.name), f"# Written anew at each `./samvern up`.\n{text}".encode())


def db(layout: Layout, plan: Plan, cluster: str, service: str, *, is_owner: bool = False) -> Table:
    """How a service, or the owner of its schema, reaches its database."""
    role = f"{service}_owner" if is_owner else service
    return {
        "host": HOST,
        "port": plan.cluster(cluster).port,
        "database": service,
        "user": role,
        "password_file": layout.secret(f"postgres-{cluster}-{role}"),
        "pool_size": 1 if is_owner else POOL_SIZES[service],
    }


def _common(layout: Layout, plan: Plan, program: ProgramPlan) -> Table:
    assert program.identity is not None  # Only the stand-in login has none, and it has no file.
    folder = layout.tls(program.identity)
    telemetry: Table = {"log_level": "info"}
    if program.metrics:
        telemetry = {**telemetry, "metrics_listen": program.metrics}
    if plan.otlp:
        telemetry = {**telemetry, "otlp_endpoint": plan.otlp}
    return {
        "listen": program.listen,
        "tls": {"certificate": folder / "cert.pem", "key": folder / "key.pem", "ca": folder / "ca.pem"},
        "telemetry": telemetry,
    }


def _own(layout: Layout, plan: Plan, program: ProgramPlan, logs: LogKeys | None) -> Table:
    if program.name == "keys":
        return _keys(layout)
    assert logs is not None  # Every other process starts after keys was provisioned.
    if program.tjeneste:
        return _node(layout, plan, program)
    match program.name:
        case "audit":
            verifiers = {"keys_vkey": logs.keys.vkey, "events_vkey": logs.events.vkey}
            return {**_peers(plan, "keys"), **_db(layout, plan, program), "logs": verifiers}
        case "directory":
            return {**_peers(plan, "keys", "audit"), **_db(layout, plan, program), **_root(layout)}
        case "routing":
            return {**_peers(plan, "directory", "keys"), **_root(layout)}
        case "intake":
            return {
                **_peers(plan, "directory", "routing", "keys", "audit"),
                **_db(layout, plan, program),
                **_root(layout),
                **_keystore(layout, program.name),
                "durability": "one disk",
            }
        case "delivery":
            return {**_peers(plan, "intake", "directory", "audit"), **_db(layout, plan, program), **_root(layout)}
        case _:
            return _gateway(layout, plan, program)


def _keys(layout: Layout) -> Table:
    origins = {"keys_origin": KEYS_ORIGIN, "events_origin": EVENTS_ORIGIN}
    return {**_keystore(layout, "keys"), **_root(layout), "logs": origins}


def _gateway(layout: Layout, plan: Plan, program: ProgramPlan) -> Table:
    is_portal = program.name == "gateway"
    peers = ("intake", "routing", "audit") if is_portal else ("intake", "routing")
    assert program.http is not None  # Both gateways serve HTTP.
    return {
        "role": "portal" if is_portal else "sealing",
        "http_listen": program.http,
        "public_url": plan.portal_url if is_portal else plan.sealing_url,
        "portal_url": plan.portal_url,
        "sealing_url": plan.sealing_url,
        **_peers(plan, *peers),
        **_root(layout),
    }


def _node(layout: Layout, plan: Plan, program: ProgramPlan) -> Table:
    assert program.tjeneste is not None  # It is a node.
    assert program.http is not None  # A node has an inbox.
    return {
        "tjeneste_id": program.tjeneste.tjeneste_id,
        "tjeneste_navn": program.tjeneste.navn,
        "http_listen": program.http,
        "public_url": f"http://{program.http}",
        **_peers(plan, "delivery"),
        "db": db(layout, plan, program.name, NODE_SERVICE),
        **_root(layout),
        **_keystore(layout, program.name),
        "session_secret_file": layout.secret(f"{program.name}-session"),
        "oidc": {
            "issuer": plan.issuer,
            "client_id": f"{OIDC_CLIENT_ID}-{program.tjeneste.tjeneste_id}",
            "client_secret_file": layout.secret(f"{program.name}-oidc"),
            # All nodes of the demo share one stand-in for a login: each lets in its own caseworker only.
            "role_claim": "sub",
            "role_value": program.tjeneste.user,
        },
    }


def _peers(plan: Plan, *names: str) -> Table:
    peers = [plan.program(name) for name in names]
    return {"peers": {peer.name: {"address": peer.listen, "name": str(peer.identity)} for peer in peers}}


def _db(layout: Layout, plan: Plan, program: ProgramPlan) -> Table:
    assert program.cluster is not None  # Only services with a database ask.
    return {"db": db(layout, plan, program.cluster, program.name)}


def _root(layout: Layout) -> Table:
    return {"root": layout.root_file}


def _keystore(layout: Layout, name: str) -> Table:
    return {"keystore_dir": layout.keys(name), "passphrase_file": layout.secret(f"{name}-passphrase")}
