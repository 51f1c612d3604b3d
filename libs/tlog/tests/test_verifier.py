"""A whole log, served honestly and otherwise."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.errors import NotFound, Precondition, SamvernError, StatementRefused
from libs.tlog.checkpoint import Checkpoint, signed_note
from libs.tlog.hashes import leaf_hash
from libs.tlog.note import VerifierKey
from libs.tlog.tiles import all_bundles, all_tiles, encode_bundle
from libs.tlog.tree import grow, root
from libs.tlog.verifier import verify_entry, verify_log

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey("samvern.example/log/events", PRIVATE.public_key().public_bytes_raw())


class Served(dict[str, bytes]):
    """The files of a log of `size` entries, by path."""

    def __init__(self, size: int, *, salt: bytes = b"") -> None:
        super().__init__()
        entries = [salt + b"entry %d" % index for index in range(size)]
        tree = grow(0, {}, [leaf_hash(entry) for entry in entries])
        self.head = Checkpoint(KEY.name, size, root(size, tree.read))
        self["checkpoint"] = signed_note(self.head, KEY, PRIVATE.sign(self.head.text.encode())).encode()
        self.update({tile.path: tree.read(tile) for tile in all_tiles(size)})
        for bundle in all_bundles(size):
            self[bundle.path] = encode_bundle(entries[bundle.start : bundle.start + bundle.width])

    def fetch(self, path: str) -> bytes:
        if path not in self:
            raise NotFound(f"the log has no {path}")
        return self[path]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_an_honest_log_verifies(size: int) -> None:
    served = Served(size)
    verified = verify_log(served.fetch, KEY, kept=Served(size // 2).head)
    assert verified.checkpoint == served.head
    assert len(verified.entries) == size
    assert verified.tiles == len(list(all_tiles(size)))


@pytest.mark.parametrize("path", sorted(Served(300)))
def test_a_changed_byte_in_any_file_is_found(path: str) -> None:
    served = Served(300)
    for at in (0, len(served[path]) // 2, len(served[path]) - 1):
        changed = bytearray(Served(300)[path])
        changed[at] ^= 1
        served[path] = bytes(changed)
        with pytest.raises(SamvernError):
            verify_log(served.fetch, KEY)


@pytest.mark.parametrize("path", sorted(Served(300)))
def test_a_missing_file_is_found(path: str) -> None:
    served = Served(300)
    del served[path]
    with pytest.raises(SamvernError):
        verify_log(served.fetch, KEY)


def test_a_log_that_shrank_or_was_rewritten_is_found_by_the_checkpoint_kept() -> None:
    with pytest.raises(Precondition, match="went from"):
        verify_log(Served(299).fetch, KEY, kept=Served(300).head)
    with pytest.raises(Precondition, match="no longer"):
        verify_log(Served(400, salt=b"rewritten ").fetch, KEY, kept=Served(300).head)


def test_a_log_signed_by_another_key_is_refused() -> None:
    with pytest.raises(StatementRefused):
        verify_log(Served(3).fetch, VerifierKey(KEY.name, bytes(31) + b"\x01"))


def test_a_checkpoint_that_is_no_text_is_refused() -> None:
    served = Served(3)
    served["checkpoint"] = b"\xff\xfe"
    with pytest.raises(SamvernError):
        verify_log(served.fetch, KEY)


@pytest.mark.parametrize("size", [1, 2, 257, 600])
def test_one_entry_is_verified_by_its_audit_path_alone(size: int) -> None:
    served = Served(size)
    for index in (0, size // 2, size - 1):
        assert verify_entry(served.fetch, KEY, index, b"entry %d" % index) == served.head
        for wrong_index, entry in ((index, b"another"), (index + size, b"entry %d" % index)):
            with pytest.raises(Precondition):
                verify_entry(served.fetch, KEY, wrong_index, entry)


def test_the_audit_path_of_a_changed_tile_is_refused() -> None:
    served = Served(300)
    served["tile/0/001.p/44"] = bytes(32) + served["tile/0/001.p/44"][32:]
    with pytest.raises(Precondition):
        verify_entry(served.fetch, KEY, 7, b"entry 7")
