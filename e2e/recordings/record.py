"""Writes a recording of a version from a new instance: `python -m e2e.recordings.record 0.1.0`."""

import asyncio
import base64
import gzip
import importlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
from google.protobuf import message_factory
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from grpc import aio

from e2e.instance import EXAMPLES, Instance, eventually
from e2e.native import Sender
from libs.sealing.documents import validate
from libs.sealing.secret import ReporterSecret
from libs.sender.submission import Content, build_submission
from libs.world.system import SystemIds

HERE = Path(__file__).parent
SERVICES = ("intake", "directory", "routing", "keys", "delivery", "audit")


class Recorder:
    """Calls RPCs of an instance as its own identities and keeps what was said."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._listen = {entry["service"]: entry["listen"] for entry in instance.ps()}
        self.lines: list[dict[str, Any]] = []

    async def call(self, identity: str, service: str, method: str, request: dict[str, Any]) -> list[Any]:
        """The responses of one RPC; of a stream those that come within a second, at most twenty."""
        pb2 = importlib.import_module(f"samvern.{service}.v1.{service}_pb2")
        owner = next(iter(pb2.DESCRIPTOR.services_by_name.values()))
        descriptor = owner.methods_by_name[method]
        message = ParseDict(request, message_factory.GetMessageClass(descriptor.input_type)())
        path = f"/{owner.full_name}/{method}"
        response_type = message_factory.GetMessageClass(descriptor.output_type)
        async with self._channel(identity, service) as channel:
            responses = await _exchange(channel, path, descriptor.server_streaming, message, response_type)
        encoded = [base64.b64encode(part.SerializeToString()).decode() for part in (message, *responses)]
        self.lines.append({"rpc": path, "caller": identity, "request": encoded[0], "responses": encoded[1:]})
        return responses

    @asynccontextmanager
    async def _channel(self, identity: str, service: str) -> AsyncIterator[Any]:
        folder = self._instance.data / "tls" / identity
        ca, key, cert = ((folder / name).read_bytes() for name in ("ca.pem", "key.pem", "cert.pem"))
        options = [("grpc.ssl_target_name_override", f"{service}.service.samvern.internal")]
        options.append(("grpc.max_receive_message_length", 16_000_000))  # type: ignore[arg-type]
        credentials = grpc.ssl_channel_credentials(ca, key, cert)
        async with aio.secure_channel(self._listen[service], credentials, options) as channel:
            yield channel


async def _exchange(channel: Any, path: str, is_stream: bool, request: Message, kind: Any) -> list[Any]:
    if not is_stream:
        unary = channel.unary_unary(path, type(request).SerializeToString, kind.FromString)
        return [await unary(request, timeout=20)]
    stream = channel.unary_stream(path, type(request).SerializeToString, kind.FromString)(request, timeout=20)
    responses: list[Any] = []
    try:
        while len(responses) < 20:
            async with asyncio.timeout(1):
                response = await stream.read()
            if response is aio.EOF:
                break
            responses.append(response)
    except TimeoutError:
        stream.cancel()
    return responses


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


async def record_rpcs(recorder: Recorder, submission: dict[str, Any], secret: ReporterSecret) -> None:
    """One of each RPC, in the order of a melding's life."""
    bergen = {"place": {"kommunenummer": "4601", "bydelsnummer": "00"}}
    gateway, call = "service/gateway", recorder.call
    await call(gateway, "routing", "ResolvePlace", {"kommunenummer": "1201"})
    await call(gateway, "routing", "GetLabel", bergen)
    await call("service/intake", "routing", "ListLabels", {})
    await call("service/intake", "directory", "GetSnapshot", {})
    await call("operator/local", "directory", "GetPlace", bergen)
    await call(gateway, "intake", "GetLabel", bergen)
    await call(gateway, "intake", "GetSnapshot", {})
    await call(gateway, "intake", "SubmitMelding", _grpc_submission(submission))
    derived = secret.derive()
    status = {"lookupId": _b64(derived.lookup_id), "accessToken": _b64(derived.access_token)}
    await call(gateway, "intake", "GetStatus", status)
    [accepted] = await call("service/delivery", "intake", "ListAccepted", {})
    melding = next(event.melding for event in accepted.events if event.HasField("melding"))
    copy = {"meldingId": melding.melding_id, "digest": _b64(melding.digest)}
    await call("service/delivery", "intake", "RecordCopies", {"copies": [copy]})
    [state] = await call(gateway, "intake", "GetStatus", status)
    stored = next(step.proof for step in state.steps if step.step == "stored")
    opened = next(step.proof for step in state.steps if step.step == "opened")
    await call("service/delivery", "intake", "RecordProofs", {"proofs": [stored, opened]})
    await call("node/bergen", "delivery", "StreamHeads", {})
    await call("node/bergen", "delivery", "ListHeads", {})
    number = {"epoch": melding.epoch, "number": melding.number}
    await call("node/bergen", "delivery", "FetchMelding", number)
    await call("node/bergen", "delivery", "ConfirmStored", {**number, "digest": copy["digest"], "proof": stored})
    await call("node/bergen", "delivery", "RecordProof", {"proof": opened})
    await call("service/intake", "keys", "CertifyReceiptKey", {"publicKey": _b64(bytes(range(32)))})
    await call(gateway, "audit", "GetLogFile", {"log": "keys", "path": "checkpoint"})
    await call(gateway, "audit", "GetLogFile", {"log": "events", "path": "checkpoint"})
    await call(gateway, "audit", "ProveConsistency", {"log": "keys", "fromSize": 1, "toSize": 2})


def _grpc_submission(body: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"purpose": part["purpose"], "keyId": part["key_id"], "sealed": _b64(part["sealed"].encode())}
        for part in body["parts"]
    ]
    return {
        "senderScope": "native",
        "idempotencyKey": body["idempotency_key"],
        "meldingId": body["melding_id"],
        "type": f"MELDING_TYPE_{body['type'].upper()}",
        "suite": body["suite"],
        "label": body["label"],
        "parts": parts,
        "digest": body["digest"],
        "sealedAt": "SEALING_PLACE_SENDER",
        "lookupId": body["lookup_id"],
        "accessTokenHash": body["access_token_hash"],
    }


def record(instance: Instance, folder: Path) -> None:
    """The whole recording of a new instance."""
    folder.mkdir()
    secret = ReporterSecret(SystemIds().token(16))
    with httpx.Client(base_url=instance.portal) as http:
        sender = Sender.of(instance, http)
        document = validate((EXAMPLES / "privat-bergen.json").read_bytes())
        content = Content("privat", "privat.v2", document.content)
        submission = build_submission(sender.address(), content, SystemIds(), secret)
        answer = sender.post(submission.body)
        reference = sender.client.submit(submission).receipt.reference
        eventually("it is in the inbox", lambda: reference in [m["reference"] for m in instance.inbox("bergen")])
        instance.ok("inbox", "read", "--kommune", "4601", reference, "--reason", "Opptak")
        eventually("it is opened", lambda: len(sender.client.status(secret.derive())["steps"]) == 3)
        native = {"submission": json.loads(submission.body), "answer": answer.json()}
        native["status"] = sender.client.status(secret.derive())
        (folder / "native.json").write_text(json.dumps(native, indent=1) + "\n", encoding="utf-8")
        eventually("the melding's events are logged", lambda: _size(http, "events") > 0)
        _record_logs(http, folder)
    recorder = Recorder(instance)
    asyncio.run(record_rpcs(recorder, native["submission"], secret))
    lines = "".join(json.dumps(line) + "\n" for line in recorder.lines).encode()
    (folder / "rpcs.jsonl.gz").write_bytes(gzip.compress(lines, mtime=0))
    for name in ("root.json", "logs.json"):
        (folder / name).write_bytes((instance.data / "trust" / name).read_bytes())


def _size(http: httpx.Client, log: str) -> int:
    return int(http.get(f"/log/{log}/checkpoint").text.splitlines()[1])


def _record_logs(http: httpx.Client, folder: Path) -> None:
    for log in ("keys", "events"):
        checkpoint = http.get(f"/log/{log}/checkpoint")
        size = int(checkpoint.text.splitlines()[1])
        for path in ("checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"):
            answer = checkpoint if path == "checkpoint" else http.get(f"/log/{log}/{path}").raise_for_status()
            file = folder / "log" / log / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(answer.content)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        running = Instance.up(Path(data) / "data")
        try:
            record(running, HERE / sys.argv[1])
        finally:
            running.down()
