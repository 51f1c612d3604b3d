"""A label's certificate is looked up in the key log."""

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.errors import StatementRefused, Unavailable
from libs.sender.keylog import KeyLog, log_reader
from libs.sender.submission import Address
from libs.sender.tests.portal import done
from libs.testing.labels import TestReceiver
from libs.testing.trust import TestTrust
from libs.testing.world import START
from libs.tlog.checkpoint import Checkpoint, signed_note
from libs.tlog.hashes import leaf_hash
from libs.tlog.key_entry import KeyEntry
from libs.tlog.note import VerifierKey
from libs.tlog.tiles import all_tiles
from libs.tlog.tree import grow, root

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("samvern.test/log/keys", PRIVATE.public_key().public_bytes_raw())


@pytest.fixture(scope="module")
def receiver() -> TestReceiver:
    return TestReceiver.new()


@pytest.fixture(scope="module")
def address(receiver: TestReceiver) -> Address:
    trust = done(TestTrust.new())
    return Address.verified(done(receiver.label(trust)), trust.root, START)


def _log(*entries: bytes) -> KeyLog:
    tree = grow(0, {}, [leaf_hash(entry) for entry in entries])
    head = Checkpoint(KEY.name, tree.size, root(tree.size, tree.read))
    files = {f"/log/keys/{tile.path}": tree.read(tile) for tile in all_tiles(tree.size)}
    files["/log/keys/checkpoint"] = signed_note(head, KEY, PRIVATE.sign(head.text.encode())).encode()

    def answer(request: httpx.Request) -> httpx.Response:
        content = files.get(request.url.path)
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    return _served(answer)


def _served(answer: object) -> KeyLog:
    transport = httpx.MockTransport(answer)  # type: ignore[arg-type]
    return KeyLog(log_reader(httpx.Client(base_url="http://portal.test", transport=transport), "/log/keys"), KEY)


def test_a_certificate_in_the_log_is_found(receiver: TestReceiver, address: Address) -> None:
    entry = KeyEntry.make("bergen", "case", "valid", receiver.der).encode()
    assert _log(entry, b"another").check(address).size == 2


def test_a_certificate_that_is_not_in_the_log_is_refused(receiver: TestReceiver, address: Address) -> None:
    entry = KeyEntry.make("bergen", "case", "valid", receiver.der).encode()
    revoked = KeyEntry.make("bergen", "case", "revoked", receiver.der).encode()
    for log in (_log(), _log(b"another"), _log(b"another", entry), _log(revoked)):
        with pytest.raises(StatementRefused):
            log.check(address)


def test_a_log_that_cannot_be_read_says_nothing(address: Address) -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    for answer in (broken, lambda _request: httpx.Response(503), lambda _request: httpx.Response(404)):
        with pytest.raises(Unavailable):
            _served(answer).check(address)
