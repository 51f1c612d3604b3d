"""The parts of `./samvern test`: what each runs, and what came of it. CI runs nothing else."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from libs.cli.main import ROOT

BIN = Path(sys.executable).parent
PROTO_BASELINE = ROOT / "proto" / "baseline.binpb"
"""The wire as last released (`buf build proto --exclude-source-info -o proto/baseline.binpb`)."""
PYTHON_PATHS = ("libs", "services", "tests", "e2e", "conftest.py", "proto/generate.py")


@dataclass(frozen=True)
class Counts:
    """How many tests did what."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


@dataclass(frozen=True)
class Part:
    """One step: a command of the virtual environment, or a suite of pytest."""

    name: str
    command: tuple[str, ...]
    is_suite: bool = False


@dataclass
class Result:
    """What came of a part."""

    name: str
    is_green: bool
    seconds: float
    counts: Counts = field(default_factory=Counts)


def parts(*, is_full: bool) -> list[Part]:
    """Cheap ones first."""
    python = [path for path in PYTHON_PATHS if (ROOT / path).exists()]
    breaking = ("buf", "breaking", "proto", "--against", str(PROTO_BASELINE))
    return [
        Part("format", ("ruff", "format", "--check", ".")),
        Part("lint", ("ruff", "check", ".")),
        Part("imports", ("lint-imports", "--no-logo")),
        Part("proto", ("buf", "lint", "proto")),
        Part("proto format", ("buf", "format", "--diff", "--exit-code", "proto")),
        *([Part("wire", breaking)] if PROTO_BASELINE.exists() else []),
        Part("types", ("mypy", *python)),
        Part("bootstrap types", ("mypy", "samvern")),
        Part("unit", ("pytest", "-q", "-m", "not full"), is_suite=True),
        Part("e2e", ("pytest", "-q", "e2e", "-m", "not full"), is_suite=True),
        *([Part("unit full", ("pytest", "-q", "-m", "full"), is_suite=True)] if is_full else []),
        *([Part("e2e full", ("pytest", "-q", "e2e", "-m", "full"), is_suite=True)] if is_full else []),
    ]


def run(part: Part, now: Callable[[], float] = time.monotonic) -> Result:
    """The part has run, its output went to ours. Never raises for a red part."""
    started = now()
    with tempfile.TemporaryDirectory(prefix="samvern-test-") as folder:
        report = Path(folder) / "report.xml"
        command = [str(BIN / part.command[0]), *part.command[1:]]
        if part.is_suite:
            command.append(f"--junit-xml={report}")
        # What the full tests run of other people's (go, node) is installed beside us.
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        code = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, env=environment).returncode
        counts = read_counts(report) if part.is_suite else Counts()
    return Result(part.name, code == 0, now() - started, counts)


def read_counts(report: Path) -> Counts:
    """The numbers of a JUnit report; nothing when pytest ended before it wrote one."""
    if not report.exists():
        return Counts()
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314 - as above
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, "0")) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    return Counts(passed=tests - failures - errors - skipped, failed=failures + errors, skipped=skipped)


def chromium() -> str | None:
    """The browser that the full suite drives."""
    return shutil.which("chromium")
