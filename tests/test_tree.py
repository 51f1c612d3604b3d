"""What every file of the tree keeps to."""

import ast
import re

from tests.tree import ROOT, modules, text_files

# A path of the machine that something was made on means nothing to anybody else.
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:root|work|opt/dev|home/\w+|Users/\w+)/")
LEFT_UNDONE = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b")
SUFFIXES = {
    "",
    ".py",
    ".md",
    ".toml",
    ".sql",
    ".proto",
    ".js",
    ".html",
    ".css",
    ".json",
    ".in",
    ".txt",
    ".yaml",
    ".yml",
    ".csv",
}
MOST_LINES = 400


def test_no_path_of_a_machine_is_named() -> None:
    found = []
    for path in text_files():
        if path.suffix in SUFFIXES:
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if MACHINE_PATH.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_what_is_left_stands_in_a_document_not_in_code() -> None:
    found = []
    for path in text_files():
        if path.suffix in {".py", ".sql", ".proto", ".js", ".html"}:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if LEFT_UNDONE.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


def test_every_module_opens_with_what_it_is_for() -> None:
    assert [module.name for module in modules() if not ast.get_docstring(module.tree)] == []


def test_no_file_outgrows_its_readers() -> None:
    long = [
        module.name for module in modules() if len(module.path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    ]
    assert long == []


def test_every_service_says_what_an_attacker_in_it_could_do() -> None:
    services = [path for path in sorted((ROOT / "services").iterdir()) if (path / "__init__.py").exists()]
    silent = [
        path.name
        for path in services
        if not (path / "README.md").exists()
        or "attacker" not in (path / "README.md").read_text(encoding="utf-8").lower()
    ]
    assert silent == []
