"""samvern directory: what the directory knows."""

import asyncio
from pathlib import Path

import click
from google.protobuf.json_format import MessageToJson

from libs.cli.directory import get_place
from libs.cli.failure import Failure, NothingRuns
from libs.cli.instance import Instance
from libs.cli.options import data_option, json_option
from libs.errors import SamvernError, TimedOut, Unavailable
from samvern.directory.v1 import directory_pb2


@click.group("directory")
def command() -> None:
    """Which kommuner, bydeler and tjenester there are."""


@command.command("show")
@click.argument("kommune")
@click.argument("bydel", default="00")
@data_option
@json_option
def show(kommune: str, bydel: str, data: Path, as_json: bool) -> None:
    """Tell what is known of KOMMUNE (four digits, an old number too) and BYDEL (two digits)."""
    instance = Instance.open(data)
    try:
        place = asyncio.run(get_place(instance.layout, instance.address("directory"), kommune, bydel))
    except (Unavailable, TimedOut) as away:
        raise NothingRuns(f"the directory does not answer: {away}") from away
    except SamvernError as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        click.echo(MessageToJson(place, preserving_proto_field_name=True, ensure_ascii=False))
    else:
        click.echo(_as_text(place))


def _as_text(place: directory_pb2.GetPlaceResponse) -> str:
    bydel = f", bydel {place.bydelsnavn}" if place.HasField("bydelsnavn") else ""
    first = f"{place.kommunenummer} {place.navn} ({place.fylke}){bydel}"
    if not place.HasField("tjeneste"):
        return f"{first}\nNot connected: no report is taken for this place."
    tjeneste = place.tjeneste
    channel = directory_pb2.Channel.Name(tjeneste.channel).removeprefix("CHANNEL_").lower().replace("_", " ")
    serves = ", ".join(f"{each.kommunenummer}-{each.bydelsnummer}" for each in tjeneste.places)
    return f"{first}\n{tjeneste.tjeneste_id}: {tjeneste.navn}\nby {channel}, for {serves}"
