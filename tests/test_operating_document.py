"""docs/operating.md names every metric, log event and span that the code has, and none that it has not."""

import re

from libs.telemetry.fields import ALLOWED
from tests.telemetry_names import events, metrics, spans
from tests.tree import ROOT

TEXT = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their head."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_metric_is_told() -> None:
    told = sorted((name, kind, labels) for name, kind, labels, _ in rows("Metrics"))
    assert told == [(each.name, each.kind, ", ".join(each.labels)) for each in metrics()]


def test_every_event_is_told() -> None:
    assert {name: level for name, level, _ in rows("Logs")} == events()


def test_every_span_is_told() -> None:
    assert sorted(name for name, _, _ in rows("Traces")) == spans()


def test_each_meaning_is_told_once_and_not_left_empty() -> None:
    for heading in ("Metrics", "Logs", "Traces"):
        meanings = [row[-1] for row in rows(heading)]
        assert all(meanings)
        assert len(set(meanings)) == len(meanings)


def test_no_field_is_one_that_could_name_a_person_or_an_address() -> None:
    never = {"address", "client", "fnr", "ip", "name", "navn", "path", "query", "secret", "text", "url", "user"}
    assert never.isdisjoint(ALLOWED)
