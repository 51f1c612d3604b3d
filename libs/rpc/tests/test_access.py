"""Who is let in, and how that is known."""

from pathlib import Path

import pytest
from cryptography import x509

from libs.errors import AccessDenied, Unauthenticated, Unavailable
from libs.rpc.access import check_table, may_call
from libs.rpc.config import Peer
from libs.rpc.identity import Identity
from libs.rpc.tests.echo import ACCESS, Echo, register, running
from libs.testing.rpc import assert_access, serving
from libs.testing.tls import TestAuthority
from samvern.delivery.v1 import delivery_pb2
from samvern.routing.v1 import routing_pb2 as r
from samvern.routing.v1.routing_pb2_grpc import RoutingServiceStub

URI = x509.UniformResourceIdentifier
DNS = x509.DNSName
GATEWAY = "spiffe://samvern.no/service/gateway"


async def test_the_caller_is_the_name_in_its_certificate(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server:
        for name in ("service/gateway", "node/bergen", "node/x"):
            async with server.channel(name) as channel:
                answer = await RoutingServiceStub(channel).ResolvePlace(r.ResolvePlaceRequest(), timeout=5)
                assert answer.tjeneste_id == name


async def test_a_caller_outside_the_table_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server:
        for name in ("service/intake", "operator/local", "service/node"):
            async with server.channel(name) as channel:
                with pytest.raises(AccessDenied, match=f"{name} may not call ResolvePlace"):
                    await RoutingServiceStub(channel).ResolvePlace(r.ResolvePlaceRequest(), timeout=5)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([], id="no name"),
        pytest.param([DNS("gateway.service.samvern.internal")], id="no URI name"),
        pytest.param([DNS(GATEWAY)], id="a DNS name that looks like one"),
        pytest.param([URI(GATEWAY), URI("spiffe://samvern.no/service/intake")], id="two of ours"),
        pytest.param([URI(GATEWAY), URI("https://example.org")], id="ours and another"),
        pytest.param([URI("spiffe://example.org/service/gateway")], id="another trust domain"),
        pytest.param([URI("spiffe://samvern.no/service/gateway/x")], id="longer path"),
        pytest.param([URI("spiffe://samvern.no/person/gateway")], id="unknown kind"),
    ],
)
async def test_a_certificate_without_exactly_one_name_of_ours_is_nobody(
    tmp_path: Path, names: list[x509.GeneralName]
) -> None:
    async with (
        running(tmp_path, Echo()) as server,
        server.channel_with(server.authority.tls_with(names, "odd")) as channel,
    ):
        with pytest.raises(Unauthenticated, match="exactly one URI name"):
            await RoutingServiceStub(channel).ResolvePlace(r.ResolvePlaceRequest(), timeout=5)


async def test_a_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    other = TestAuthority(tmp_path / "other").tls("service/gateway")
    async with running(tmp_path, Echo()) as server:
        believing = type(other)(certificate=other.certificate, key=other.key, ca=server.authority.tls("node/x").ca)
        for tls in (other, believing):
            async with server.channel_with(tls) as channel:
                with pytest.raises(Unavailable):
                    await RoutingServiceStub(channel).ResolvePlace(r.ResolvePlaceRequest(), timeout=5)


async def test_a_server_under_another_name_is_not_believed(tmp_path: Path) -> None:
    async with running(tmp_path, Echo()) as server:
        server.peer = Peer(address=server.peer.address, name="service/intake")
        async with server.channel("service/gateway") as channel:
            with pytest.raises(Unavailable, match="service/intake cannot be reached"):
                await RoutingServiceStub(channel).ResolvePlace(r.ResolvePlaceRequest(), timeout=5)


@pytest.mark.parametrize("path", sorted(ACCESS))
async def test_a_server_does_not_start_when_an_rpc_is_missing_in_the_table(tmp_path: Path, path: str) -> None:
    access = {name: callers for name, callers in ACCESS.items() if name != path}
    with pytest.raises(ValueError, match=f"missing \\['{path}'\\]"):
        async with serving(tmp_path, access=access, register=register(Echo()), services=[]):
            pass


def test_a_table_with_an_unknown_rpc_or_kind_of_caller_is_refused() -> None:
    with pytest.raises(ValueError, match="not offered"):
        check_table({"/a/B": ("service/x",), "/a/C": ("service/x",)}, ["/a/B"])
    for callers in ((), ("gateway",), ("person/x",), ("service/",)):
        with pytest.raises(ValueError, match="names no caller"):
            check_table({"/a/B": callers}, ["/a/B"])


def test_a_wildcard_lets_in_one_kind_only() -> None:
    assert may_call(("node/*",), Identity("node", "bergen"))
    assert not may_call(("node/*",), Identity("service", "gateway"))
    assert not may_call(("service/gateway",), Identity("node", "gateway"))


async def test_the_shared_access_test_sees_a_table_that_differs_from_the_proto(tmp_path: Path) -> None:
    descriptor = delivery_pb2.DESCRIPTOR.services_by_name["DeliveryService"]
    access = {path: callers for path, callers in ACCESS.items() if "DeliveryService" in path}
    await assert_access(tmp_path, descriptor, access | _routing(), register(Echo()))
    with pytest.raises(AssertionError, match="proto says"):
        await assert_access(tmp_path, descriptor, dict.fromkeys(access, ("operator/*",)) | _routing(), register(Echo()))


def _routing() -> dict[str, tuple[str, ...]]:
    return {path: callers for path, callers in ACCESS.items() if "RoutingService" in path}
