"""A cluster is made once, starts and stops, survives being killed, and lets in nobody without a password."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from libs.postgres.cluster import SUPERUSER, TEST_SETTINGS, Cluster, PostgresFailedError
from libs.postgres.provision import Passwords, provision
from libs.testing.ports import free_port

PASSWORD = "for a test only"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    # A folder closed to others above the data: what a home folder of root looks like.
    closed = tmp_path / "closed"
    closed.mkdir(mode=stat.S_IRWXU)
    made = Cluster(closed / "intake", free_port(), settings=TEST_SETTINGS)
    made.make(PASSWORD, sync=False)
    yield made
    made.stop()


async def connected(
    cluster: Cluster, user: str = SUPERUSER, password: str = PASSWORD, database: str = "postgres"
) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(
        host="127.0.0.1", port=cluster.port, timeout=5, user=user, password=password, database=database
    )


async def test_it_starts_keeps_what_was_committed_through_a_kill_and_stops(cluster: Cluster) -> None:
    cluster.start()
    connection = await connected(cluster)
    await connection.execute("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)")
    cluster.kill()
    assert not cluster.is_running
    cluster.start()
    again = await connected(cluster)
    assert await again.fetchval("SELECT n FROM kept") == 7
    await again.close()
    connection.terminate()
    cluster.stop()
    assert not cluster.is_running


def test_another_process_finds_and_stops_what_was_started(cluster: Cluster) -> None:
    cluster.start()
    found = Cluster(cluster.folder, cluster.port)
    assert found.pid == cluster.pid
    assert found.is_ready
    found.stop()
    assert not cluster.is_running


def test_a_stale_pid_file_is_not_taken_for_a_running_server(cluster: Cluster) -> None:
    (cluster.folder / "postmaster.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
    assert Cluster(cluster.folder, cluster.port).pid is None


def test_making_twice_keeps_the_first(cluster: Cluster) -> None:
    before = (cluster.folder / "global" / "pg_control").read_bytes()
    cluster.make("another")
    assert (cluster.folder / "global" / "pg_control").read_bytes() == before
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == stat.S_IRWXU


def test_a_taken_port_is_told_with_the_end_of_the_log(cluster: Cluster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", cluster.port))
        taken.listen()
        with pytest.raises(PostgresFailedError, match="could not create any TCP/IP sockets"):
            cluster.start()


async def test_settings_are_durable_by_default_and_nobody_enters_without_a_password(cluster: Cluster) -> None:
    durable = Cluster(cluster.folder, cluster.port)
    durable.start()
    connection = await connected(durable)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await connection.fetchval("SELECT current_setting($1)", name) == "on"
    assert await connection.fetchval("SHOW unix_socket_directories") == ""
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connected(durable, password="guessed")
    durable.stop()


async def test_the_log_holds_neither_statements_nor_values(cluster: Cluster) -> None:
    cluster.start()
    connection = await connected(cluster)
    await connection.execute("CREATE TABLE one (who text PRIMARY KEY); INSERT INTO one VALUES ('kanari-1')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO one VALUES ($1)", "kanari-1")
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await connection.execute("SELECT 'kanari-2'::integer")
    await connection.close()
    cluster.stop()
    log = cluster.log.read_text(encoding="utf-8")
    assert "ready to accept connections" in log
    assert "kanari" not in log
    assert stat.S_IMODE(cluster.log.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


async def test_each_role_enters_its_own_database_only(cluster: Cluster) -> None:
    cluster.start()
    for _ in range(2):  # provisioning again changes nothing
        for service in ("intake", "audit"):
            passwords = Passwords(owner=f"{service}-o", app=f"{service}-a")
            await provision("127.0.0.1", cluster.port, PASSWORD, service, passwords)
    owner = await connected(cluster, user="intake_owner", password="intake-o", database="intake")
    await owner.execute("CREATE TABLE melding (n integer)")
    app = await connected(cluster, user="intake", password="intake-a", database="intake")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("SELECT n FROM melding")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE TABLE own (n integer)")
    for user, password in (("audit", "audit-a"), ("audit_owner", "audit-o")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
            await connected(cluster, user=user, password=password, database="intake")
    await owner.close()
    await app.close()
