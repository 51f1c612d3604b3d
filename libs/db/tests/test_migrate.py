"""A folder is applied once, whole or not at all."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from libs.db.config import DbConfig
from libs.db.database import Database, Transaction
from libs.db.migrate import main, migrate
from libs.errors import Precondition, Unavailable
from libs.testing.postgres import TestPostgres


@pytest.fixture
def owner(postgres: TestPostgres, counting: DbConfig) -> DbConfig:
    return postgres.owner_of(counting)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The applied migration of the template, and a place for more."""
    first = Path(__file__).parent / "migrations" / "0001_pre_counter.sql"
    (tmp_path / first.name).write_text(first.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


async def test_files_are_applied_in_order_and_once(owner: DbConfig, folder: Path) -> None:
    (folder / "0003_post_drop.sql").write_text("DROP TABLE extra;", encoding="utf-8")
    (folder / "0002_pre_add.sql").write_text("CREATE TABLE extra (n integer);", encoding="utf-8")
    assert await migrate(owner, folder) == ["0002_pre_add.sql", "0003_post_drop.sql"]
    assert await migrate(owner, folder) == []


async def test_two_at_once_apply_each_file_once(owner: DbConfig, folder: Path) -> None:
    (folder / "0002_pre_add.sql").write_text("CREATE TABLE extra (n integer);", encoding="utf-8")
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(migrate(owner, folder)) for _ in range(3)]
    assert sorted(run.result() for run in runs) == [[], [], ["0002_pre_add.sql"]]


async def test_a_file_that_fails_leaves_nothing_of_itself(owner: DbConfig, folder: Path) -> None:
    (folder / "0002_pre_half.sql").write_text("CREATE TABLE half (n integer); SELECT wrong;", encoding="utf-8")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(owner, folder)
    (folder / "0002_pre_half.sql").write_text("CREATE TABLE half (n integer);", encoding="utf-8")
    assert await migrate(owner, folder) == ["0002_pre_half.sql"]


async def test_a_changed_file_is_refused(owner: DbConfig, folder: Path) -> None:
    (folder / "0001_pre_counter.sql").write_text("SELECT 1;", encoding="utf-8")
    with pytest.raises(Precondition, match=r"0001_pre_counter\.sql was changed"):
        await migrate(owner, folder)


async def test_an_older_program_accepts_a_newer_schema(owner: DbConfig, folder: Path) -> None:
    newer = folder / "0002_pre_add.sql"
    newer.write_text("CREATE TABLE extra (n integer);", encoding="utf-8")
    await migrate(owner, folder)
    newer.unlink()
    assert await migrate(owner, folder) == []


@pytest.mark.parametrize("name", ["1_pre_x.sql", "0002_x.sql", "0002_pre_X.sql", "0001_post_again.sql"])
async def test_a_misnamed_file_or_a_number_used_twice_is_refused(owner: DbConfig, folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;", encoding="utf-8")
    with pytest.raises(Precondition):
        await migrate(owner, folder)


async def test_a_migration_gives_up_rather_than_make_everybody_wait(
    owner: DbConfig, counting: DbConfig, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.db.migrate._LOCK_TIMEOUT_SECONDS", 0.1)
    (folder / "0002_pre_wide.sql").write_text("ALTER TABLE counter ADD COLUMN wide text;", encoding="utf-8")
    async with Database.open(counting) as db:

        async def read_while_migrating(tx: Transaction) -> None:
            await tx.fetch("SELECT n FROM counter ORDER BY n")
            with pytest.raises(Unavailable):
                await migrate(owner, folder)

        await db.transact("test.read", read_while_migrating)


def test_the_program_says_what_it_applied(
    owner: DbConfig, folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path_factory.mktemp("config") / "owner.toml"
    config.write_text(
        f'host = "{owner.host}"\nport = {owner.port}\ndatabase = "{owner.database}"\nuser = "{owner.user}"\n'
        f'password_file = "{owner.password_file}"\n',
        encoding="utf-8",
    )
    (folder / "0002_pre_add.sql").write_text("CREATE TABLE extra (n integer);", encoding="utf-8")
    arguments = ["--config", str(config), "--folder", str(folder)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "applied 0002_pre_add.sql\n"
    (folder / "0002_pre_add.sql").write_text("SELECT 1;", encoding="utf-8")
    assert main(arguments) == 1
    assert "was changed" in capsys.readouterr().err
