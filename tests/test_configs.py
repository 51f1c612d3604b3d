"""The files that `./samvern up` writes are the files that the services read."""

import importlib
from itertools import count
from pathlib import Path

import pytest

from libs.cli.configs import write_config
from libs.cli.demo import DEMO_TJENESTER
from libs.cli.layout import Layout
from libs.cli.plan import make_plan
from libs.cli.trust import LogKey, LogKeys
from libs.config.load import load

PORTS = count(20_000)
PLAN = make_plan(DEMO_TJENESTER, 8080, lambda _: next(PORTS))
LOGS = LogKeys(
    keys=LogKey("a.example/keys", "a.example/keys+1+AA"), events=LogKey("a.example/events", "a.example/e+1+AA")
)


@pytest.mark.parametrize("name", [program.name for program in PLAN.programs if program.identity])
def test_a_service_reads_what_is_written_for_it(name: str, tmp_path: Path) -> None:
    program, layout = PLAN.program(name), Layout(tmp_path)
    write_config(layout, PLAN, program, LOGS)
    config = importlib.import_module(program.module.replace(".main", ".config")).Config
    assert load(layout.config(name), config).listen == program.listen
