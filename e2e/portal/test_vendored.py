"""The script is held by the shared vectors under node; what is other people's can be made again from its package."""

import shutil
import subprocess
from pathlib import Path

import pytest

from libs.web.pages import STATIC
from libs.web.vendored import VendoredFile, VendoredPackage, differing_files, read_manifest

ROOT = Path(__file__).resolve().parents[2]
JOSE = ROOT / "services" / "gateway" / "static" / "vendor" / "jose"


def run(*command: str, folder: Path) -> None:
    """The command has succeeded; its output is shown where not."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.full
def test_script_makes_what_the_shared_vectors_say() -> None:
    assert shutil.which("node"), "this check needs node"
    run("node", "--test", "services/gateway/tests/js/vectors.test.mjs", folder=ROOT)


@pytest.mark.full
@pytest.mark.parametrize("vendored", [JOSE, STATIC / "designsystemet"], ids=lambda folder: folder.name)
def test_vendored_files_can_be_made_again_from_their_package(vendored: Path, tmp_path: Path) -> None:
    assert differing_files(vendored) == []
    for package in read_manifest(vendored):
        run("npm", "init", "-y", folder=tmp_path)
        run("npm", "install", "--ignore-scripts", "--no-audit", f"{package.name}@{package.version}", folder=tmp_path)
        for file in package.files:
            made = _made(package, file, vendored, tmp_path)
            assert made.read_bytes() == (vendored / file.path).read_bytes(), file.path


def _made(package: VendoredPackage, file: VendoredFile, vendored: Path, folder: Path) -> Path:
    if file.source.startswith("ours:"):
        return vendored / file.path
    if not file.source.startswith("esbuild@"):
        return folder / "node_modules" / package.name / file.source
    builder, *arguments = file.source.split()
    run("npm", "install", "--ignore-scripts", "--no-audit", builder, folder=folder)
    shutil.copy(vendored / "entry.js", folder / "entry.js")
    run("npx", "--no-install", "esbuild", *arguments, folder=folder)
    return folder / file.path
