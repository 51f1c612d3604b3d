"""gen/ is what proto/ says, to the byte."""

import runpy
from pathlib import Path

from tests.tree import ROOT


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_generated_code_is_what_the_protos_say(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "proto" / "generate.py"))["generate"](tmp_path)
    made, kept = files(tmp_path), files(ROOT / "gen")
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []
