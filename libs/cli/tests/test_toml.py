"""TOML."""

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.cli.toml import to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"))
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
VALUES = st.one_of(TEXT, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.lists(TEXT, max_size=3))
TABLES = st.recursive(
    st.dictionaries(NAMES, VALUES, max_size=3),
    lambda below: st.dictionaries(NAMES, st.one_of(VALUES, below), max_size=3),
    max_leaves=8,
)


@given(TABLES)
def test_what_is_written_is_read_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_a_path_is_written_as_text() -> None:
    assert to_toml({"root": Path("/somewhere/root.json")}) == 'root = "/somewhere/root.json"\n'
