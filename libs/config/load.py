"""One TOML file becomes one frozen struct, or one clear line says why not.

A key nobody reads is a setting somebody believes in: unknown keys are refused, at every depth, whatever the struct says
of itself. Secrets are named by path, never by value; a relative path starts at the folder of the file.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


class ConfigRefusedError(Exception):
    """The file cannot be used. The text is one line: which file, which key, what was expected."""


def load(path: Path, kind: type[T]) -> T:
    """The settings in the file. Raises ConfigRefusedError; no default hides a key that has none in the struct."""
    raw = _read(path)
    folder = path.resolve().parent

    def as_path(wanted: type, value: object) -> Path:
        if not issubclass(wanted, Path) or not isinstance(value, str):
            raise TypeError(f"Expected a path, got `{type(value).__name__}`")
        return folder / value

    try:
        settings = msgspec.convert(raw, kind, dec_hook=as_path)
    except msgspec.ValidationError as refused:
        raise ConfigRefusedError(f"{path}: {refused}") from refused
    _refuse_unknown(raw, msgspec.to_builtins(settings, enc_hook=str), path, "")
    return settings


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise ConfigRefusedError(f"{path}: cannot be read: {missing.strerror}") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ConfigRefusedError(f"{path}: is not TOML: {broken}") from broken


def _refuse_unknown(raw: object, used: object, path: Path, at: str) -> None:
    if isinstance(raw, Mapping) and isinstance(used, Mapping):
        for key in raw:
            if key not in used:
                raise ConfigRefusedError(f"{path}: unknown key `{at}{key}`; expected one of: {', '.join(sorted(used))}")
            _refuse_unknown(raw[key], used[key], path, f"{at}{key}.")
    elif isinstance(raw, list) and isinstance(used, list | tuple):
        for number, (below, used_below) in enumerate(zip(raw, used, strict=True)):
            _refuse_unknown(below, used_below, path, f"{at}{number}.")
