"""The command as a whole: what it lists, how it fails."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from libs.cli.choices import Choices, otlp_url
from libs.cli.main import Commands, samvern, version

HEAVY = ("grpc", "litestar", "cryptography", "asyncpg", "typst")


def test_every_command_can_be_loaded_and_tells_what_it_does() -> None:
    group = samvern
    assert isinstance(group, Commands)
    for name in group.list_commands(None):  # type: ignore[arg-type]
        command = group.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.help, name


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(samvern, ["fly"]).exit_code == 2


def test_where_nothing_runs_the_exit_code_is_three(tmp_path: Path) -> None:
    result = CliRunner().invoke(samvern, ["ps", "--data", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (3, "")
    assert "start one with `./samvern up`" in result.stderr


def test_stopping_nothing_is_no_failure(tmp_path: Path) -> None:
    result = CliRunner().invoke(samvern, ["down", "--json", "--data", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (0, '{"stopped": 0}\n')


def test_the_version_is_the_projects() -> None:
    assert CliRunner().invoke(samvern, ["--version"]).output == f"samvern, version {version()}\n"


def test_help_imports_nothing_heavy() -> None:
    program = "import sys, libs.cli.main; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True).stdout
    assert set(HEAVY).isdisjoint(told.split())


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("127.0.0.1:4317", "http://127.0.0.1:4317"),
        ("http://collector:4317", "http://collector:4317"),
        ("https://collector.example:443", "https://collector.example:443"),
    ],
)
def test_a_collector_is_named_by_host_and_port_or_by_url(text: str, url: str) -> None:
    assert otlp_url(text) == url
    assert Choices(0, url).arguments == ["--port", "0", "--otlp", url]
    assert Choices().arguments == []


@pytest.mark.parametrize("text", ["collector", "grpc://collector:4317", "http://collector:4317/v1/traces", "x:y"])
def test_another_form_of_a_collector_is_wrong_usage(tmp_path: Path, text: str) -> None:
    result = CliRunner().invoke(samvern, ["up", "--data", str(tmp_path), "--otlp", text])
    assert result.exit_code == 2
    assert "expected HOST:PORT" in result.stderr
