"""A test's database is its own, migrated, and under the rights that the service really has."""

import asyncpg
import pytest

from libs.db.config import DbConfig
from libs.testing.postgres import TestPostgres
from libs.testing.pytest_plugin import DatabaseFactory


async def connected(config: DbConfig) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(
        host=config.host, port=config.port, user=config.user, password=config.password(), database=config.database
    )


async def test_two_databases_of_one_service_share_nothing_but_the_schema(database: DatabaseFactory) -> None:
    first, second = await connected(database("directory")), await connected(database("directory"))
    await first.execute("INSERT INTO bydel VALUES ('0301', '01', 'Gamle Oslo', true)")
    assert await first.fetchval("SELECT count(*) FROM bydel") == 1
    assert await second.fetchval("SELECT count(*) FROM bydel") == 0
    await first.close()
    await second.close()


async def test_the_role_is_the_services_own_and_no_owner(postgres: TestPostgres, database: DatabaseFactory) -> None:
    config = database("directory")
    app = await connected(config)
    assert await app.fetchval("SELECT current_user") == "directory"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("DROP TABLE bydel")
    owner = await connected(postgres.owner_of(config))
    await owner.execute("DROP TABLE bydel")
    await app.close()
    await owner.close()


async def test_another_services_role_may_not_even_connect(postgres: TestPostgres, database: DatabaseFactory) -> None:
    other = database("audit")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
        await connected(postgres.config(database("directory").database, other.user))


async def test_a_dropped_database_is_gone_while_somebody_is_connected(postgres: TestPostgres) -> None:
    config = postgres.database("directory")
    connection = await connected(config)
    postgres.drop(config)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await connected(config)
    connection.terminate()
