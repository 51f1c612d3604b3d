"""Every door that is not one's own is closed: to each Postgres role and to each identity."""

import pytest

from e2e.closed_doors.identities import refused_everywhere
from e2e.databases import Database, ask, databases
from e2e.instance import Instance


def _neighbours(instance: Instance) -> list[tuple[Database, Database]]:
    known = databases(instance)
    return [(one, other) for one in known for other in known if one.port == other.port and one.name != other.name]


def test_each_postgres_role_is_refused_in_every_other_database(instance: Instance) -> None:
    pairs = _neighbours(instance)
    assert len(pairs) >= 6  # the centre's instance holds directory, delivery and audit
    for one, other in pairs:
        done = ask(one, other.name, "SELECT 1")
        assert done.returncode != 0, f"{one.user} got into {other.name}"
        assert "permission denied for database" in done.stderr


def test_no_role_reaches_another_instance_of_postgres(instance: Instance) -> None:
    known = databases(instance)
    for one in known:
        for other in known:
            if one.port != other.port and one.password != other.password:
                stranger = Database(one.process, other.name, other.port, one.user, one.password)
                assert ask(stranger, other.name, "SELECT 1").returncode != 0


def test_no_service_role_owns_or_alters_its_tables(instance: Instance) -> None:
    for database in databases(instance):
        done = ask(database, database.name, "CREATE TABLE own (x int)")
        assert done.returncode != 0
        assert "permission denied for schema" in done.stderr


@pytest.mark.parametrize("service", ["intake", "directory", "routing", "keys", "delivery", "audit"])
async def test_each_identity_is_refused_at_every_rpc_that_access_does_not_give_it(
    instance: Instance, service: str
) -> None:
    assert await refused_everywhere(instance, service) > 0
