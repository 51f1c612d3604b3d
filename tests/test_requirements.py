"""What is imported is required, and what is required is pinned."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

from tests.tree import ROOT, modules

NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
FOR_TESTS = ("libs/testing/",)


def normal(name: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(name: str) -> set[str]:
    return {normal(each) for each in NAME.findall((ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8"))}


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))


def imported() -> dict[str, str]:
    """Every foreign top-level package that production code imports, and where."""
    found: dict[str, str] = {}
    for module in modules():
        if module.name.startswith(FOR_TESTS):
            continue
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                found.setdefault(name.split(".")[0], module.at(node))
    ours = {"libs", "services", "samvern", "tests"}
    return {name: at for name, at in found.items() if name not in sys.stdlib_module_names | ours}


def test_every_requirement_is_pinned() -> None:
    assert required("runtime") - pins("runtime").keys() == set()
    assert required("test") - pins("test").keys() == set()
    assert required("full") - pins("full").keys() == set()


def test_a_package_has_one_pin() -> None:
    runtime, test = pins("runtime"), pins("test")
    assert {
        name: (runtime[name], test[name]) for name in runtime.keys() & test.keys() if runtime[name] != test[name]
    } == {}


def test_every_pin_carries_hashes_and_names_no_host() -> None:
    for name in ("runtime", "test", "full"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in text
        assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text) if PIN.match(block))


def test_what_is_imported_is_required_by_name() -> None:
    distributions = packages_distributions()
    wanted = required("runtime")
    # google and grpc_status are shared by several distributions: one of them is enough.
    missing = {
        name: at
        for name, at in imported().items()
        if not wanted & {normal(each) for each in distributions.get(name, [name])}
    }
    assert missing == {}
