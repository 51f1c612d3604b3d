"""A melding is seen on its whole way, by traces, logs and numbers, and nothing of its content or its sender is."""

import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.canary.documents import Canary, encoded
from e2e.instance import Instance, eventually
from e2e.seen.collector import Seen, collecting
from e2e.seen.doors import credentials, is_serving, nobody, services
from e2e.seen.programs import Program, programs
from e2e.seen.told import GATEWAYS, Told, send_and_open
from libs.cli.identities import Authority
from libs.telemetry.fields import ALLOWED

NODE = "node-bergen"
WAY = {
    ("intake", "SubmitMelding"),
    ("delivery", "copy"),
    ("intake", "FetchMelding"),
    (NODE, "node.store"),
    ("delivery", "FetchMelding"),
    (NODE, "node.prove"),
    (NODE, "node.send_proof"),
    ("delivery", "ConfirmStored"),
    ("delivery", "record_stored"),
    (NODE, "node.open"),
    ("delivery", "RecordProof"),
    ("delivery", "record_opened"),
}
"""Service and span, from the receipt to the caseworker who opens."""
SUBMITTED = "/api/native/v1/meldinger"
ABOUT_A_MELDING = {"melding_id", "receiver", "epoch", "number", "kind", "step", "size_bytes"}
"""All that a span of a melding's trace may say."""
NUMBERS: dict[str, dict[tuple[str, ...], float]] = {
    "intake": {("samvern_intake_meldinger_total", "accepted"): 1.0},
    "delivery": {
        ("samvern_delivery_copies_total", "copied"): 1.0,
        ("samvern_delivery_proofs_total", "stored"): 1.0,
        ("samvern_delivery_proofs_total", "opened"): 1.0,
        ("samvern_delivery_proofs_forwarded_total", "forwarded"): 2.0,
    },
    NODE: {
        ("samvern_node_heads_total", "remembered"): 1.0,
        ("samvern_node_fetches_total", "committed"): 1.0,
        ("samvern_node_proofs_total", "stored"): 1.0,
        ("samvern_node_proofs_total", "opened"): 1.0,
        ("samvern_node_acts_total", "read"): 1.0,
    },
    "gateway": {("samvern_http_requests_total", "POST", SUBMITTED, "201"): 1.0},
}
"""What one melding counts to, by service: metric and label values in the order of their names."""
STOP_SECONDS = 10.0

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """An instance of its own, whose spans come to us."""
    folder, canary = tmp_path_factory.mktemp("seen"), Canary()
    with collecting() as collector:
        instance = Instance.up(folder / "data", "--otlp", collector.address)
        try:
            melding_id, secret = send_and_open(instance, folder, canary)
            story = Told(instance, collector, programs(instance), melding_id, canary, secret)
            eventually(
                "the melding's spans have come", lambda: {(each.service, each.name) for each in story.trace} >= WAY
            )
            eventually("the gateway's have come", lambda: SUBMITTED in {_route(span) for span in story.requests})
            yield story
        finally:
            instance.down()


def test_one_trace_goes_from_the_receipt_to_who_opens(told: Told) -> None:
    trace = told.trace
    assert len({span.trace_id for span in trace}) == 1
    ids = {span.span_id for span in trace}
    assert [(span.service, span.name) for span in trace if span.parent_id not in ids] == [("intake", "SubmitMelding")]
    assert [span for span in trace if span.status] == []


def test_no_trace_joins_a_sender_to_a_melding(told: Told) -> None:
    spans, melding = told.collector.spans, told.trace
    assert SUBMITTED in {_route(span) for span in told.requests}
    assert {span.trace_id for span in told.requests}.isdisjoint(span.trace_id for span in melding)
    assert {name for span in melding for name in span.attributes} <= {f"samvern.{name}" for name in ABOUT_A_MELDING}
    # Nor does any other trace know an address on the net: here every sender's is the loopback address.
    assert told.collector.resources == {("service.name", "service.namespace")}
    assert {name for span in spans for name in span.attributes} <= {f"samvern.{name}" for name in ALLOWED}
    assert b"127.0.0.1" not in told.collector.raw


def test_no_trace_carries_content(told: Told) -> None:
    assert told.found_in("the traces", told.collector.raw) == []


def test_every_line_of_every_log_is_json_with_whole_seconds_and_its_trace(told: Told) -> None:
    told_with_trace: set[str] = set()
    for program in told.programs:
        content = (told.instance.data / "log" / f"{program.name}.log").read_bytes()
        lines: list[dict[str, Any]] = [json.loads(line) for line in content.splitlines()]
        assert lines
        for line in lines:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["at"])
            assert (line["service"], type(line["event"])) == (program.service, str)
            assert "fields_refused" not in line
            if line.get("trace_id") == told.trace[0].trace_id:
                told_with_trace.add(line["event"])
        assert told.found_in(program.name, content) == []
    assert {"receipt_given", "proof_recorded"} <= told_with_trace


def test_every_process_counts_for_prometheus(told: Told) -> None:
    for program in told.programs:
        with urllib.request.urlopen(f"http://{program.metrics}/metrics", timeout=5) as answer:
            assert answer.headers["content-type"].startswith("text/plain")
            content = answer.read()
        samples = _samples(content.decode())
        assert {name[0].partition("_")[0] for name in samples} == {"samvern"}
        wanted = NUMBERS.get(program.name, {})
        assert {name: samples.get(name) for name in wanted} == wanted
        assert told.found_in(f"the numbers of {program.name}", content) == []


def test_every_server_tells_who_has_a_certificate_how_it_does_and_nobody_else(told: Told, tmp_path: Path) -> None:
    tls = told.instance.data / "tls"
    Authority.load_or_make(tmp_path / "authority", datetime.now(UTC)).issue(
        "operator/local", tmp_path / "stranger", datetime.now(UTC)
    )
    strangers = [
        nobody(tls / "operator" / "local" / "ca.pem"),
        credentials(tmp_path / "stranger", ca=tls / "operator" / "local" / "ca.pem"),
    ]
    for program in told.programs:
        for ours in ("operator/local", "node/bergen"):
            assert is_serving(program.listen, program.host, credentials(tls / ours))
            listed = services(program.listen, program.host, credentials(tls / ours))
            own = f"samvern.{program.name}.v1.{program.name.capitalize()}Service"
            has_own = not (program.is_node or program.service in GATEWAYS)
            assert listed == [
                "grpc.health.v1.Health",
                "grpc.reflection.v1alpha.ServerReflection",
                *([own] if has_own else []),
            ]
        for stranger in strangers:
            for ask in (is_serving, services):
                with pytest.raises(grpc.RpcError) as refused:
                    ask(program.listen, program.host, stranger)
                assert refused.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED)


def test_every_process_stops_gracefully_when_it_is_asked(told: Told) -> None:
    # The supervisor's processes give way to ones that we are the parent of, at the same addresses.
    told.instance.ok("stop", *(program.name for program in told.programs))
    operator = credentials(told.instance.data / "tls" / "operator" / "local")
    running = {program: program.start(told.instance.data) for program in told.programs}
    try:
        for program in running:
            eventually(f"{program.name} serves", lambda program=program: _serves(program, operator))  # type: ignore[misc]
        # Streams and long polls are open now, and a melding is on its way.
        canary = told.instance.data / "canary.json"
        canary.write_bytes(encoded(told.canary.privat()))
        told.instance.ok("melding", "send", str(canary), "--json")
        for program, process in running.items():
            seconds, output = _stopped(process)
            assert (program.name, process.returncode) == (program.name, 0)
            assert seconds < STOP_SECONDS, program.name
            events = [json.loads(line)["event"] for line in output.splitlines()]
            assert events[-1] == "stopped_listening", program.name
            assert "ended_by_exception" not in events
            assert told.found_in(program.name, output) == []
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def _route(span: Seen) -> str | None:
    route: str | None = span.attributes.get("samvern.route")
    return route


def _samples(text: str) -> dict[tuple[str, ...], float]:
    families: Any = text_string_to_metric_families(text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def _serves(program: Program, operator: grpc.ChannelCredentials) -> bool:
    try:
        return is_serving(program.listen, program.host, operator)
    except grpc.RpcError:
        return False


def _stopped(process: "subprocess.Popen[bytes]") -> tuple[float, bytes]:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=STOP_SECONDS * 2)
    return time.monotonic() - began, output
