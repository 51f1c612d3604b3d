"""The files of this tree, as the checks read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ("libs", "services")
LEFT_OUT = {"gen", "__pycache__", "node_modules"}
KEPT_FOLDERS_WITH_A_DOT = {".ci", ".github"}


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        """From the root, e.g. "services/intake/store.py"."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_test(self) -> bool:
        """It is part of a suite."""
        return "tests" in self.path.parts

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    def at(self, node: ast.AST) -> str:
        """A place to point at."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


def modules() -> Iterator[Module]:
    """Every module of ours that runs in production, in order."""
    for folder in SOURCE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = Module(path)
            if not module.is_test:
                yield module


def text_files() -> Iterator[Path]:
    """Every file of the tree that people read, in order."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        is_hidden = any(part.startswith(".") and part not in KEPT_FOLDERS_WITH_A_DOT for part in parts[:-1])
        if path.is_file() and not is_hidden and not LEFT_OUT.intersection(parts):
            yield path
