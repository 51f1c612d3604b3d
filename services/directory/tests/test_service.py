"""The directory over real gRPC and PostgreSQL, between a fake keys and a fake audit."""

from pathlib import Path

import pytest

from libs.errors import Internal, Malformed, NotFound, SamvernError, Unavailable
from libs.statements import Typ, verify
from libs.statements.payloads import decode
from libs.statements.snapshot import Snapshot
from libs.testing.labels import TestReceiver
from libs.testing.rpc import assert_access
from samvern.directory.v1 import directory_pb2 as pb
from samvern.directory.v1.directory_pb2_grpc import add_DirectoryServiceServicer_to_server
from samvern.types.v1.types_pb2 import Place
from services.directory.access import ACCESS
from services.directory.service import NAME
from services.directory.tests.conftest import Receivers, Running

SECONDS = 10


def message(receiver: TestReceiver, *places: str, **fields: object) -> pb.Tjeneste:
    given: dict[str, object] = {
        "tjeneste_id": receiver.tjeneste_id,
        "navn": f"{receiver.tjeneste_id} barneverntjeneste",
        "places": [Place(kommunenummer=place[:4], bydelsnummer=place[5:]) for place in places],
        "channel": pb.CHANNEL_OWN_NODE,
        "case_certificate": receiver.der,
        "proof_public_key": receiver.proof_key.public_key,
        "is_demo": True,
    }
    return pb.Tjeneste(**(given | fields))  # type: ignore[arg-type]


async def imported(directory: Running, *tjenester: pb.Tjeneste) -> pb.ImportTjenesterResponse:
    return await directory.operator.ImportTjenester(pb.ImportTjenesterRequest(tjenester=tjenester), timeout=SECONDS)


async def snapshot(directory: Running, known_version: int = 0) -> Snapshot | None:
    answer = await directory.routing.GetSnapshot(pb.GetSnapshotRequest(known_version=known_version), timeout=SECONDS)
    if not answer.HasField("snapshot"):
        return None
    return decode(verify(answer.snapshot, Typ.SNAPSHOT, directory.keys.root, directory.clock.now()), Snapshot)


async def place(directory: Running, kommune: str, bydel: str = "00") -> pb.GetPlaceResponse:
    request = pb.GetPlaceRequest(place=Place(kommunenummer=kommune, bydelsnummer=bydel))
    return await directory.operator.GetPlace(request, timeout=SECONDS)


async def test_each_rpc_lets_in_its_callers_only(directory: Running, tmp_path: Path) -> None:
    descriptor = pb.DESCRIPTOR.services_by_name["DirectoryService"]
    await assert_access(
        tmp_path / "access",
        descriptor,
        ACCESS,
        lambda server: add_DirectoryServiceServicer_to_server(directory.service, server),
    )
    assert descriptor.full_name == NAME


async def test_an_import_is_published_signed_with_its_certificate_in_the_key_log(
    directory: Running, receivers: Receivers
) -> None:
    bergen = receivers("bergen")
    answer = await imported(directory, message(bergen, "4601-00", telefon="55 00 00 00"))
    assert answer == pb.ImportTjenesterResponse(snapshot_version=2, changed=1)
    published = await snapshot(directory, known_version=1)
    assert published is not None
    (tjeneste,) = published.tjenester
    assert (tjeneste.id, tjeneste.certificates, tjeneste.proof_keys) == (
        "bergen",
        (bergen.certificate,),
        (bergen.proof,),
    )
    assert await snapshot(directory, known_version=2) is None


async def test_the_same_import_again_changes_nothing(directory: Running, receivers: Receivers) -> None:
    await imported(directory, message(receivers("bergen"), "4601-00"))
    assert await imported(directory, message(receivers("bergen"), "4601-00")) == pb.ImportTjenesterResponse(
        snapshot_version=2, changed=0
    )


async def test_others_are_left_alone(directory: Running, receivers: Receivers) -> None:
    await imported(directory, message(receivers("bergen"), "4601-00"))
    await imported(directory, message(receivers("sogn"), "4640-00", "4642-00", channel=pb.CHANNEL_HOSTED_NODE))
    published = await snapshot(directory)
    assert published is not None
    assert [tjeneste.id for tjeneste in published.tjenester] == ["bergen", "sogn"]
    assert [tjeneste.certificates[0].log_index for tjeneste in published.tjenester] == [0, 1]


async def test_nothing_is_stored_while_audit_is_away(directory: Running, receivers: Receivers) -> None:
    directory.audit.fail_with = Unavailable("away")
    with pytest.raises(Unavailable):
        await imported(directory, message(receivers("bergen"), "4601-00"))
    assert not (await directory.store.load_connected()).tjenester
    directory.audit.fail_with = None
    assert (await imported(directory, message(receivers("bergen"), "4601-00"))).changed == 1


async def test_while_keys_is_away_an_import_is_stored_and_published_when_keys_is_back(
    directory: Running, receivers: Receivers
) -> None:
    directory.keys.failure = Unavailable("away")
    with pytest.raises(Unavailable):
        await imported(directory, message(receivers("bergen"), "4601-00"))
    with pytest.raises(Unavailable):
        await directory.worker.step()
    before = await snapshot(directory)
    assert before is not None
    assert not before.tjenester
    assert (await place(directory, "4601")).tjeneste.tjeneste_id == "bergen"

    directory.keys.failure = None
    await directory.worker.step()
    after = await snapshot(directory, known_version=1)
    assert after is not None
    assert [tjeneste.id for tjeneste in after.tjenester] == ["bergen"]


async def test_a_snapshot_is_issued_anew_each_day(directory: Running) -> None:
    directory.clock.advance(23 * 3600)
    await directory.worker.step()
    assert await snapshot(directory, known_version=1) is None
    directory.clock.advance(2 * 3600)
    await directory.worker.step()
    anew = await snapshot(directory, known_version=1)
    assert anew is not None
    assert anew.issued_at == "2026-11-23T10:00:00Z"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tjeneste_id": "Bergen"}, "number 0: tjeneste_id: got 6 characters"),
        ({"navn": " "}, "tjeneste bergen: navn: expected one printable line"),
        ({"navn": "a\nb"}, "tjeneste bergen: navn: expected one printable line"),
        ({"places": []}, "tjeneste bergen: places: got 0"),
        ({"places": [Place(kommunenummer="460", bydelsnummer="00")]}, "tjeneste bergen: places: got 3 characters"),
        ({"places": [Place(kommunenummer="4601", bydelsnummer="00")] * 2}, "tjeneste bergen: places: one stands twice"),
        (
            {"places": [Place(kommunenummer="1201", bydelsnummer="00")]},
            "tjeneste bergen: places: 1201 is not the number",
        ),
        ({"channel": pb.CHANNEL_UNSPECIFIED}, "tjeneste bergen: channel"),
        ({"case_certificate": b"nothing"}, "tjeneste bergen: case_certificate: it is not X.509"),
        ({"case_certificate": b""}, "tjeneste bergen: case_certificate: got 0 bytes"),
        ({"proof_public_key": b"short"}, "tjeneste bergen: proof_public_key: got 5 bytes"),
        ({"telefon": "ring oss"}, "tjeneste bergen: telefon"),
        ({"standard_bydelsnummer": "00"}, "tjeneste bergen: standard_bydelsnummer: 00 is no bydel"),
        ({"standard_bydelsnummer": "1"}, "tjeneste bergen: standard_bydelsnummer: got 1 characters"),
    ],
)
async def test_a_wrong_import_names_the_tjeneste_and_the_field_and_changes_nothing(
    directory: Running, receivers: Receivers, fields: dict[str, object], said: str
) -> None:
    with pytest.raises(Malformed) as refused:
        await imported(directory, message(receivers("bergen"), "4601-00", **fields))
    assert refused.value.detail.startswith(said)
    assert not (await directory.store.load_connected()).tjenester
    assert await snapshot(directory, known_version=1) is None


async def test_a_conflict_is_refused_before_the_key_log_hears_of_it(directory: Running, receivers: Receivers) -> None:
    await imported(directory, message(receivers("bergen"), "4601-00"))
    directory.audit.fail_with = Internal("must not be asked")
    with pytest.raises(Malformed, match="4601-03 lies in 4601-00, which bergen serves whole"):
        await imported(directory, message(receivers("sogn"), "4601-03"))


@pytest.mark.parametrize("count", [0, 401])
async def test_an_import_has_1_to_400_tjenester(directory: Running, count: int) -> None:
    with pytest.raises(Malformed, match="expected 1 to 400"):
        await imported(directory, *[pb.Tjeneste()] * count)


async def test_a_place_is_told_with_its_names_and_its_tjeneste(directory: Running, receivers: Receivers) -> None:
    await imported(directory, message(receivers("bergen"), "4601-00"))
    assert await place(directory, "4601", "03") == pb.GetPlaceResponse(
        kommunenummer="4601",
        navn="Bergen",
        fylke="Vestland",
        bydelsnavn="Fana",
        tjeneste=message(receivers("bergen"), "4601-00"),
    )
    assert await place(directory, "5612") == pb.GetPlaceResponse(
        kommunenummer="5612", navn="Guovdageaidnu - Kautokeino", fylke="Finnmark"
    )


async def test_an_old_number_is_told_as_todays_kommune(directory: Running) -> None:
    assert (await place(directory, "1201")).kommunenummer == "4601"


@pytest.mark.parametrize(
    ("kommune", "refusal", "said"),
    [
        ("9999", NotFound, "9999 is not the number of a kommune, neither today nor before"),
        ("1850", NotFound, "1850 was split; today it is one of 1806, 1875"),
        ("46", Malformed, "got 2 characters"),
    ],
)
async def test_a_place_that_is_none_is_told_so(
    directory: Running, kommune: str, refusal: type[SamvernError], said: str
) -> None:
    with pytest.raises(refusal, match=said):
        await place(directory, kommune)
