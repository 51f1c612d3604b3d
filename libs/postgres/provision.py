"""The roles and the database of one service inside an instance.

Two roles: `<service>_owner` owns the database `<service>` and runs its migrations; `<service>` is the program, which
may do what the migrations grant. No other role may even connect.
"""

from dataclasses import dataclass

import asyncpg

from libs.postgres.cluster import SUPERUSER


@dataclass(frozen=True)
class Passwords:
    """What a service's two roles log in with."""

    owner: str
    app: str


async def provision(
    host: str, port: int, superuser_password: str, service: str, passwords: Passwords, *, database: str | None = None
) -> None:
    """The service's roles (with these passwords) and its database exist. Idempotent.

    `service` and `database` (by default the service's name) are names of ours, never input.
    """
    database = database or service
    connection = await asyncpg.connect(
        host=host, port=port, user=SUPERUSER, password=superuser_password, database="postgres", timeout=10
    )
    try:
        for role, password in ((f"{service}_owner", passwords.owner), (service, passwords.app)):
            await _ensure_role(connection, role, password)
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER "{service}_owner"')
        await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{service}"')
    finally:
        await connection.close(timeout=5)


async def _ensure_role(connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f'CREATE ROLE "{role}" LOGIN')
    # Parameters are not possible in this statement; format() quotes.
    await connection.execute(
        await connection.fetchval("SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", role, password)
    )
