"""What the local operator says to the directory: import the demo's tjenester, show one place."""

from libs.cli.demo import DemoTjeneste
from libs.cli.health import operator_tls
from libs.cli.layout import Layout
from libs.cli.provision import NodeKeys
from libs.rpc.channel import connect
from libs.rpc.config import Peer
from libs.telemetry.telemetry import NoTelemetry
from samvern.directory.v1 import directory_pb2, directory_pb2_grpc
from samvern.types.v1 import types_pb2

NAME = "service/directory"
IMPORT_SECONDS = 30.0
SHOW_SECONDS = 5.0


async def import_tjenester(layout: Layout, address: str, tjenester: list[tuple[DemoTjeneste, NodeKeys]]) -> int:
    """The tjenester stand in the directory; how many were new or changed. Raises SamvernError."""
    request = directory_pb2.ImportTjenesterRequest(tjenester=[_tjeneste(each, keys) for each, keys in tjenester])
    async with connect(Peer(address=address, name=NAME), operator_tls(layout), NoTelemetry()) as channel:
        stub = directory_pb2_grpc.DirectoryServiceStub(channel)
        response = await stub.ImportTjenester(request, timeout=IMPORT_SECONDS)
    return response.changed


async def get_place(layout: Layout, address: str, kommune: str, bydel: str) -> directory_pb2.GetPlaceResponse:
    """What the directory knows of a place. Raises SamvernError."""
    place = types_pb2.Place(kommunenummer=kommune, bydelsnummer=bydel)
    async with connect(Peer(address=address, name=NAME), operator_tls(layout), NoTelemetry()) as channel:
        stub = directory_pb2_grpc.DirectoryServiceStub(channel)
        return await stub.GetPlace(directory_pb2.GetPlaceRequest(place=place), timeout=SHOW_SECONDS)


def _tjeneste(demo: DemoTjeneste, keys: NodeKeys) -> directory_pb2.Tjeneste:
    channel = directory_pb2.CHANNEL_HOSTED_NODE if demo.is_hosted else directory_pb2.CHANNEL_OWN_NODE
    return directory_pb2.Tjeneste(
        tjeneste_id=demo.tjeneste_id,
        navn=demo.navn,
        places=[types_pb2.Place(kommunenummer=kommune, bydelsnummer=bydel) for kommune, bydel in demo.places],
        channel=channel,
        case_certificate=keys.case_certificate,
        proof_public_key=keys.proof_public_key,
        is_demo=True,
    )
