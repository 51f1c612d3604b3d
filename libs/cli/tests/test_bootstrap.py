"""./samvern before any package is there: what it installs for which command, and how it says what is missing."""

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from libs.cli.main import ROOT


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, over a tree that has nothing but pins."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("samvern_bootstrap", str(ROOT / "samvern"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in module.SETS:
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return module


def installed(bootstrap: ModuleType, name: str) -> None:
    """As a finished installation leaves it."""
    bootstrap.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.PYTHON.touch()
    bootstrap.stamp(name).write_text(bootstrap.wanted(name))


@pytest.mark.parametrize(
    ("arguments", "sets"),
    [
        ([], ["runtime"]),
        (["up", "--detach"], ["runtime"]),
        (["melding", "send", "test"], ["runtime"]),
        (["test"], ["runtime", "test"]),
        (["test", "--full"], ["runtime", "test", "full"]),
    ],
)
def test_only_tests_get_the_tools_of_tests(bootstrap: ModuleType, arguments: list[str], sets: list[str]) -> None:
    assert bootstrap.sets_for(arguments) == sets


def test_what_was_installed_is_kept(bootstrap: ModuleType) -> None:
    assert not bootstrap.is_installed("runtime")
    installed(bootstrap, "runtime")
    assert bootstrap.is_installed("runtime")
    assert not bootstrap.is_installed("test")


def test_other_pins_are_installed_anew(bootstrap: ModuleType) -> None:
    installed(bootstrap, "runtime")
    (bootstrap.ROOT / "requirements" / "runtime.txt").write_text("runtime==2\n")
    assert not bootstrap.is_installed("runtime")


def test_a_tree_that_was_moved_is_installed_anew(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(bootstrap, "runtime")
    (tmp_path / "elsewhere").symlink_to(tmp_path)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path / "elsewhere")
    assert not bootstrap.is_installed("runtime")


def test_a_python_that_is_gone_is_noticed(bootstrap: ModuleType) -> None:
    installed(bootstrap, "runtime")
    bootstrap.PYTHON.unlink()
    assert not bootstrap.is_installed("runtime")


def test_an_old_python_is_told_what_is_needed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setattr(bootstrap, "NEWER_NAMES", ())
    with pytest.raises(SystemExit) as ended:
        bootstrap.move_to_newer_python()
    assert ended.value.code == 1
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


def test_a_python_without_ensurepip_is_told_what_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        bootstrap.make_venv()
    assert "apt install python3-venv" in capsys.readouterr().err
