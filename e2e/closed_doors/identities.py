"""Calls every RPC of a running service as every identity of the instance, with that identity's own certificate."""

import importlib
from pathlib import Path
from typing import Any

import grpc
from grpc import aio

from e2e.instance import Instance
from libs.rpc.access import Access, may_call
from libs.rpc.identity import Identity

TIMEOUT_SECONDS = 10.0


async def refused_everywhere(instance: Instance, service: str) -> int:
    """How many pairs of identity and RPC were refused, once all that access.py does not give were; and only those."""
    access: Access = importlib.import_module(f"services.{service}.access").ACCESS
    pb2 = importlib.import_module(f"samvern.{service}.v1.{service}_pb2")
    methods = [
        f"/{owner.full_name}/{method.name}"
        for owner in pb2.DESCRIPTOR.services_by_name.values()
        for method in owner.methods
    ]
    assert sorted(methods) == sorted(access)
    listen = next(entry["listen"] for entry in instance.ps() if entry["service"] == service)
    refused = 0
    for folder in identity_folders(instance):
        identity = Identity(folder.parent.name, folder.name)
        async with aio.secure_channel(listen, _credentials(folder), _options(service)) as channel:
            for method in methods:
                code = await _call(channel, method)
                is_refused = code is grpc.StatusCode.PERMISSION_DENIED
                assert is_refused != may_call(access[method], identity), f"{identity} at {method}: {code}"
                refused += is_refused
    return refused


def identity_folders(instance: Instance) -> list[Path]:
    """The folder of each identity that the instance has made."""
    return sorted(path.parent for path in (instance.data / "tls").glob("*/*/cert.pem"))


def _credentials(folder: Path) -> grpc.ChannelCredentials:
    ca, key, cert = ((folder / name).read_bytes() for name in ("ca.pem", "key.pem", "cert.pem"))
    return grpc.ssl_channel_credentials(ca, key, cert)


def _options(service: str) -> list[tuple[str, str]]:
    return [("grpc.ssl_target_name_override", f"{service}.service.samvern.internal")]


async def _call(channel: Any, method: str) -> grpc.StatusCode:
    """The status of an empty request. A stream is asked for its first message; having one is OK."""
    is_stream = method.rpartition("/")[2] in ("FetchMelding", "StreamHeads")
    try:
        if is_stream:
            stream = channel.unary_stream(method)(b"", timeout=TIMEOUT_SECONDS)
            await stream.read()
            stream.cancel()
        else:
            await channel.unary_unary(method)(b"", timeout=TIMEOUT_SECONDS)
    except aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK
