"""What is written down of a running instance."""

import os
from pathlib import Path

import pytest

from libs.cli.failure import NothingRuns
from libs.cli.instance import Instance
from libs.cli.layout import Layout
from libs.cli.processes import ref_of
from libs.cli.state import NodeState, ProcessRef, State, read_state, read_stopped, write_state, write_stopped

BERGEN = NodeState("bergen", "Bergen", ["4601"], [], "http://127.0.0.1:1", "http://127.0.0.1:2", "a@bergen.example")
GAMLE_OSLO = NodeState("oslo", "Oslo", ["0301"], ["01"], "http://127.0.0.1:3", "http://127.0.0.1:2", "a@oslo.example")


def state(supervisor: ProcessRef | None = None) -> State:
    me = supervisor or ref_of(os.getpid())
    assert me is not None
    return State("data", "http://127.0.0.1:8080", "http://127.0.0.1:8081", me, {}, [BERGEN, GAMLE_OSLO], {})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


def test_what_was_written_is_read(layout: Layout) -> None:
    write_state(layout, state())
    assert read_state(layout) == state()


def test_nothing_and_rubbish_read_as_nothing(layout: Layout) -> None:
    assert read_state(layout) is None
    assert read_stopped(layout) == frozenset()
    layout.state_file.parent.mkdir(parents=True)
    layout.state_file.write_text('{"half": ')
    assert read_state(layout) is None


def test_wishes_are_kept(layout: Layout) -> None:
    write_stopped(layout, frozenset({"intake", "postgres-centre"}))
    assert read_stopped(layout) == {"intake", "postgres-centre"}


def test_an_empty_folder_is_no_instance(layout: Layout) -> None:
    with pytest.raises(NothingRuns, match="there is no instance at"):
        Instance.open(layout.data)


def test_an_instance_whose_supervisor_is_gone_does_not_run(layout: Layout) -> None:
    write_state(layout, state(ProcessRef(os.getpid(), "some other moment")))
    with pytest.raises(NothingRuns, match="nothing runs at"):
        Instance.open(layout.data)
    assert Instance.find(layout.data).portal_url == "http://127.0.0.1:8080"


def test_a_place_finds_its_node(layout: Layout) -> None:
    write_state(layout, state())
    instance = Instance.open(layout.data)
    assert instance.node_for("4601") == BERGEN
    assert instance.node_for("0301", "01") == GAMLE_OSLO
    with pytest.raises(NothingRuns, match="no delivery node here serves 0301-02; there are nodes for 4601-00, 0301-01"):
        instance.node_for("0301", "02")
