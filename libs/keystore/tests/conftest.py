"""A passphrase in its file."""

from pathlib import Path

import pytest


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text("oppdiktet-oppdiktet-oppdiktet-oppdiktet\n")
    file.chmod(0o600)
    return file
