"""What `samvern bench accept` measures: an instance of its own, on the disk where instances lie, or one that runs."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from libs.bench.accept import AcceptBench, Extent, Result
from libs.bench.failed import BenchFailed
from libs.bench.pgbench import PgBench
from libs.bench.witness import Login, Witness
from libs.cli.background import start_detached
from libs.cli.choices import Choices
from libs.cli.failure import Failure, NothingRuns
from libs.cli.instance import Instance
from libs.cli.layout import Layout
from libs.cli.options import default_data_dir
from libs.cli.plan import NODE_SERVICE
from libs.cli.sender import HTTP_SECONDS, read_root
from libs.cli.state import NodeState
from libs.errors import SamvernError
from libs.sender.client import NativeClient
from libs.sender.submission import Address
from libs.statements import Root
from libs.world.system import SystemClock, SystemIds

Tell = Callable[[str], None]
DOWN_SECONDS = 120


@contextmanager
def measured_instance(data: Path | None, tell: Tell) -> Iterator[Instance]:
    """The instance at `data`, or one of our own that is gone afterwards. Raises NothingRuns, Failure."""
    if data is not None:
        yield Instance.open(data)
        return
    beside = default_data_dir().parent
    beside.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="samvern-bench-", dir=beside))
    try:
        tell(f"starting an instance to measure, at {own}")
        start_detached(Layout(own), Choices(port=0), lambda _text: None)
        yield Instance.open(own)
    finally:
        down = [sys.executable, "-P", "-m", "libs.cli.main", "down", "--data", str(own)]
        subprocess.run(down, check=False, capture_output=True, timeout=DOWN_SECONDS)
        shutil.rmtree(own, ignore_errors=True)


async def measure(instance: Instance, extent: Extent, tell: Tell) -> Result:
    """The result. Raises Failure when something was lost, doubled or not durable, NothingRuns when nothing answers."""
    clock, ids, root = SystemClock(), SystemIds(), read_root(instance.root_file)
    node = instance.nodes[0]
    portal = urlsplit(instance.portal_url)
    assert portal.hostname is not None  # A portal's URL names a host and a port.
    assert portal.port is not None
    try:
        address = _address(instance, node, root, clock)
        intake_login = _login(instance, "intake", "intake")
        superuser = _secret(instance, "postgres-intake-superuser")
        async with (
            PgBench.open(intake_login.port, superuser, ids) as pgbench,
            Witness.open(intake_login, _login(instance, f"node-{node.tjeneste}", NODE_SERVICE)) as witness,
        ):
            bench = AcceptBench(
                host=portal.hostname,
                port=portal.port,
                address=address,
                root=root,
                pgbench=pgbench,
                witness=witness,
                clock=clock,
                ids=ids,
                tell=tell,
            )
            return await bench.run(extent)
    except (BenchFailed, SamvernError) as failed:
        raise Failure(f"nothing is told: {failed}") from failed
    except OSError as failed:
        raise NothingRuns(f"the instance cannot be reached: {failed}") from failed


def _address(instance: Instance, node: NodeState, root: Root, clock: SystemClock) -> Address:
    with httpx.Client(base_url=instance.portal_url, timeout=HTTP_SECONDS) as http:
        bydel = node.bydeler[0] if node.bydeler else "00"
        return NativeClient(http, root).address(node.kommuner[0], bydel, clock.now())


def _login(instance: Instance, cluster: str, service: str) -> Login:
    port = int(instance.address(f"postgres-{cluster}").rpartition(":")[2])
    return Login(port, service, service, _secret(instance, f"postgres-{cluster}-{service}"))


def _secret(instance: Instance, name: str) -> str:
    return instance.layout.secret(name).read_text(encoding="utf-8").strip()
