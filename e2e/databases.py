"""The databases of an instance, as their owner on the machine could read them."""

import subprocess
import tomllib
from dataclasses import dataclass
from typing import Any

from e2e.instance import Instance
from libs.postgres.binaries import program


@dataclass(frozen=True)
class Database:
    """One service's database, with the service's own role and password."""

    process: str
    name: str
    port: int
    user: str
    password: str


def databases(instance: Instance) -> list[Database]:
    """Every database that a process of the instance uses, by process name."""
    found = []
    for path in sorted((instance.data / "config").glob("*.toml")):
        config: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        if "db" in config:
            db = config["db"]
            password = (path.parent / db["password_file"]).read_text(encoding="utf-8").strip()
            found.append(Database(path.stem, db["database"], db["port"], db["user"], password))
    return found


def dump(database: Database) -> bytes:
    """All rows the role can read, as pg_dump writes them; fails when it cannot be made."""
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
