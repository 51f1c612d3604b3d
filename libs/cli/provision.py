"""What must exist before an instance's processes can start, and is made once: folders, secrets, identities, databases,
keys. Every step may run again and then changes nothing, but for certificates, which are new at each start."""

import asyncio
import secrets
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from libs.cli.configs import db, write_config
from libs.cli.failure import Failure
from libs.cli.health import OPERATOR
from libs.cli.identities import Authority
from libs.cli.layout import Layout
from libs.cli.main import ROOT
from libs.cli.plan import ClusterPlan, Plan, ProgramPlan
from libs.cli.ports import HOST
from libs.cli.state import replace_file
from libs.cli.toml import to_toml
from libs.cli.trust import LogKeys, read_log_keys
from libs.config.load import load
from libs.db.config import DbConfig
from libs.db.migrate import migrate
from libs.errors import SamvernError
from libs.postgres.cluster import Cluster, PostgresFailedError
from libs.postgres.provision import Passwords, provision

SECRET_BYTES = 32
WITH_KEYSTORE = ("keys", "intake")


class NodeKeys(msgspec.Struct, frozen=True):
    """What services/delivery_node/provision prints: the public half of a node's keys."""

    tjeneste_id: str
    case_certificate: bytes
    """DER; base64 in JSON."""
    proof_public_key: bytes


def make_folders(layout: Layout) -> None:
    """The data directory is there, closed to others. Raises Failure when it cannot be used."""
    try:
        layout.data.mkdir(parents=True, exist_ok=True)
        layout.data.chmod(0o700)
        for name in ("config", "run", "log", "keys", "postgres", "secrets", "tls", "trust"):
            (layout.data / name).mkdir(exist_ok=True, mode=0o700)
    except OSError as refused:
        raise Failure(f"{layout.data} cannot be used: {refused.strerror}") from refused


def make_identities(layout: Layout, plan: Plan, now: datetime) -> None:
    """Every process and the local operator have a certificate that is new."""
    authority = Authority.load_or_make(layout.tls("authority"), now)
    for identity in [*(program.identity for program in plan.programs if program.identity), OPERATOR]:
        authority.issue(identity, layout.tls(identity), now)


def make_secrets(layout: Layout, plan: Plan) -> None:
    """Every passphrase and session secret is there. Databases' passwords come with the databases."""
    for program in plan.programs:
        kinds = ("passphrase", "session", "oidc") if program.tjeneste else ("passphrase",)
        if program.tjeneste or program.name in WITH_KEYSTORE:
            for kind in kinds:
                secret(layout, f"{program.name}-{kind}")


def secret(layout: Layout, name: str) -> str:
    """The secret of this name; a new random one when there was none."""
    path = layout.secret(name)
    if not path.exists():
        replace_file(path, f"{secrets.token_urlsafe(SECRET_BYTES)}\n".encode())
    return path.read_text(encoding="ascii").strip()


async def make_trust(layout: Layout, plan: Plan) -> LogKeys:
    """The root, the log keys and what they sign with exist, in keys' keystore. Raises Failure."""
    keys = plan.program("keys")
    write_config(layout, plan, keys, None)
    if not (layout.root_file.exists() and layout.logs_file.exists()):
        await run_program("services.keys.provision", layout.config(keys.name))
    return read_log_keys(layout)


async def make_node_keys(layout: Layout, node: ProgramPlan) -> NodeKeys:
    """The node has a receiver key and a proof key in its own keystore; their public halves. Raises Failure."""
    kept = layout.provisioned(node.name)
    if not kept.exists():
        replace_file(kept, await run_program("services.delivery_node.provision", layout.config(node.name)))
    try:
        return msgspec.json.decode(kept.read_bytes(), type=NodeKeys)
    except msgspec.MsgspecError as broken:
        raise Failure(f"{kept} is not what a node's provisioning prints: {broken}") from broken


async def make_cluster(layout: Layout, plan: ClusterPlan) -> Cluster:
    """The Postgres exists on disk; it does not run yet. Raises Failure."""
    cluster = Cluster(layout.postgres(plan.cluster), plan.port, log=layout.log(plan.name), settings=plan.settings)
    try:
        await asyncio.to_thread(cluster.make, secret(layout, f"{plan.name}-superuser"))
    except (PostgresFailedError, OSError) as failed:
        raise Failure(f"{plan.name} cannot be made: {failed}") from failed
    return cluster


async def make_databases(layout: Layout, plan: Plan, cluster: ClusterPlan) -> None:
    """Every database of a running Postgres has its roles and today's schema. Raises Failure."""
    superuser = secret(layout, f"{cluster.name}-superuser")
    for service in cluster.services:
        prefix = f"postgres-{cluster.cluster}-{service}"
        passwords = Passwords(owner=secret(layout, f"{prefix}_owner"), app=secret(layout, prefix))
        owner = layout.config(f"{prefix}_owner")
        replace_file(owner, to_toml(db(layout, plan, cluster.cluster, service, is_owner=True)).encode())
        try:
            await provision(HOST, cluster.port, superuser, service, passwords)
            await migrate(load(owner, DbConfig), ROOT / "services" / service / "migrations")
        except (SamvernError, OSError) as failed:
            raise Failure(f"the database of {service} in {cluster.name} cannot be made: {failed}") from failed


async def run_program(module: str, config: Path) -> bytes:
    """What the program printed. Raises Failure with the end of what it said when it fails."""

    def run() -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-P", "-m", module, "--config", str(config)]
        return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)

    done = await asyncio.to_thread(run)
    if done.returncode != 0:
        raise Failure(f"`python -m {module} --config {config}` failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout
