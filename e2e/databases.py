"""The databases of an instance, as their owner on the machine could read them."""

import subprocess
import tomllib
from dataclasses import dataclass
from typing import Any

from e2e.instance import Instance
from libs.postgres.binaries import program


@dataclass(frozen=True)
class Database:
    """One service's database, with a role and its password."""

    process: str
    name: str
    port: int
    user: str
    password: str


def databases(instance: Instance, suffix: str = "") -> list[Database]:
    """Every database that a process uses, by process name, with its role, or with the role of that name's suffix."""
    found = []
    for path in sorted((instance.data / "config").glob("*.toml")):
        config: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        if "db" in config:
            db = config["db"]
            password = (path.parent / f"{db['password_file']}{suffix}").read_text(encoding="utf-8").strip()
            found.append(Database(path.stem, db["database"], db["port"], f"{db['user']}{suffix}", password))
    return found


def dump(database: Database) -> bytes:
    """All rows, as pg_dump writes them for the owner of the database."""
    command = [str(program("pg_dump")), "--data-only", *_at(database, database.name)]
    done = subprocess.run(command, capture_output=True, check=True, env={"PGPASSWORD": database.password})
    return done.stdout


def ask(database: Database, other: str, query: str) -> "subprocess.CompletedProcess[str]":
    """One query in database `other` with this one's role."""
    command = [str(program("psql")), "--no-psqlrc", "--tuples-only", *_at(database, other), "--command", query]
    environment = {"PGPASSWORD": database.password}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def _at(database: Database, name: str) -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(database.port), "--username", database.user, "--dbname", name]
