"""Writes TOML 1.0 (toml.io): strings, numbers, booleans, lists of strings, and tables of these. tomllib reads it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Value = str | int | float | bool | Path | Sequence[str]
Table = Mapping[str, "Value | Table"]


def to_toml(table: Table) -> str:
    """The table as text; what is None is absent. Tables stand after the values of the table they are in."""
    return "".join(f"{line}\n" for line in _lines(table, ""))


def _lines(table: Table, path: str) -> list[str]:
    lines = [f"{name} = {_value(value)}" for name, value in table.items() if not isinstance(value, Mapping)]
    for name, value in table.items():
        if isinstance(value, Mapping):
            below = f"{path}.{name}" if path else name
            lines += ["", f"[{below}]", *_lines(value, below)]
    return lines


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | Path):
        # A JSON string is a TOML basic string, but for DEL, which no path or setting of ours holds.
        return json.dumps(str(value), ensure_ascii=False)
    return f"[{', '.join(_value(item) for item in value)}]"
