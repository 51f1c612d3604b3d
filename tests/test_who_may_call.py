"""The last words of each RPC's comment in proto/ are the words of the service's access.py."""

import importlib
import re

import pytest

from tests.tree import ROOT

SERVICES = ("audit", "delivery", "directory", "intake", "keys", "routing")
RPC = re.compile(r"((?:^ *//[^\n]*\n)+) *rpc (\w+)\(", re.MULTILINE)
CALLERS = re.compile(r"Callers: ([^.]*)\.")


def told_callers(service: str) -> dict[str, list[str]]:
    """From the comments: the callers of each RPC, by its path."""
    text = (ROOT / "proto" / "samvern" / service / "v1" / f"{service}.proto").read_text(encoding="utf-8")
    told = {}
    for part in re.split(r"^service ", text, flags=re.MULTILINE)[1:]:
        name = part.split()[0]
        for comment, rpc in RPC.findall(part):
            words = CALLERS.findall(re.sub(r"\s*\n *// ?", " ", comment))
            told[f"/samvern.{service}.v1.{name}/{rpc}"] = re.findall(r"\w+/[\w*-]+", words[-1]) if words else []
    return told


@pytest.mark.parametrize("service", SERVICES)
def test_comments_and_access_table_name_the_same_callers(service: str) -> None:
    access = importlib.import_module(f"services.{service}.access").ACCESS
    assert told_callers(service) == {path: list(callers) for path, callers in access.items()}
