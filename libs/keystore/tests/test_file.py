"""The keystore in a folder: what lies on disk, and what happens when it is not as it should be."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.errors import Precondition, Unavailable
from libs.keystore import FileKeystore


async def test_keys_outlive_the_process_and_lie_encrypted_for_the_owner_alone(
    tmp_path: Path, passphrase_file: Path
) -> None:
    folder = tmp_path / "deep" / "keys"
    before = FileKeystore(folder, passphrase_file)
    public_keys = await before.ensure_signing_key("root"), await before.ensure_unwrapping_key("case")

    after = FileKeystore(folder, passphrase_file)

    assert (await after.ensure_signing_key("root"), await after.ensure_unwrapping_key("case")) == public_keys
    assert folder.stat().st_mode & 0o777 == 0o700
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["case.rsa.pem", "root.ed25519.pem"]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")


async def test_of_two_that_make_the_same_key_at_once_both_use_the_first(tmp_path: Path, passphrase_file: Path) -> None:
    one, other = FileKeystore(tmp_path, passphrase_file), FileKeystore(tmp_path, passphrase_file)
    public_key = await one.ensure_signing_key("root")

    late = other._keep("root.ed25519", Ed25519PrivateKey.generate())

    assert isinstance(late, Ed25519PrivateKey)
    assert late.public_key().public_bytes_raw() == public_key
    assert await other.ensure_signing_key("root") == public_key


async def test_another_passphrase_opens_nothing_and_replaces_nothing(tmp_path: Path, passphrase_file: Path) -> None:
    await FileKeystore(tmp_path, passphrase_file).ensure_signing_key("root")
    content = (tmp_path / "root.ed25519.pem").read_bytes()
    passphrase_file.write_text("another-another-another-another-another")

    with pytest.raises(Precondition, match="does not open"):
        await FileKeystore(tmp_path, passphrase_file).ensure_signing_key("root")
    assert (tmp_path / "root.ed25519.pem").read_bytes() == content


@pytest.mark.parametrize("content", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
async def test_a_file_that_is_no_key_is_refused(tmp_path: Path, passphrase_file: Path, content: str) -> None:
    (tmp_path / "root.ed25519.pem").write_text(content)

    with pytest.raises(Precondition, match="does not open"):
        await FileKeystore(tmp_path, passphrase_file).ensure_signing_key("root")


async def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path, passphrase_file: Path) -> None:
    (tmp_path / "root.ed25519.pem").mkdir()

    with pytest.raises(Unavailable):
        await FileKeystore(tmp_path, passphrase_file).ensure_signing_key("root")
    with pytest.raises(Unavailable):
        await FileKeystore(passphrase_file / "below-a-file", passphrase_file).ensure_signing_key("root")


def test_a_passphrase_that_is_missing_open_to_others_or_short_is_refused(tmp_path: Path, passphrase_file: Path) -> None:
    with pytest.raises(Precondition, match="cannot be read"):
        FileKeystore(tmp_path, tmp_path / "missing")
    passphrase_file.chmod(0o640)
    with pytest.raises(Precondition, match="0600"):
        FileKeystore(tmp_path, passphrase_file)
    passphrase_file.chmod(0o600)
    passphrase_file.write_text("short")
    with pytest.raises(Precondition, match="too short"):
        FileKeystore(tmp_path, passphrase_file)
