"""Which tjenester may stand together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from libs.errors import Malformed
from libs.testing.world import START
from libs.values import Bydelsnummer, Kommunenummer, TjenesteId
from services.directory.domain import Connected, Logged, Tjeneste, changed, check
from services.directory.tests.conftest import Receivers, tjeneste_of

KNOWN = {Kommunenummer(number): True for number in ("0301", "4601", "4640", "4642")}


def connected(*tjenester: Tjeneste) -> Connected:
    certificates = {each.certificate.key_id: Logged(each.id, number) for number, each in enumerate(tjenester)}
    return Connected(tjenester, certificates)


@pytest.fixture
def bergen(receivers: Receivers) -> Tjeneste:
    return tjeneste_of(receivers("bergen"), "4601-00")


@pytest.fixture
def sogn(receivers: Receivers) -> Tjeneste:
    return tjeneste_of(receivers("sogn"), "4640-00", "4642-00")


def test_only_what_is_new_or_differs_is_changed(bergen: Tjeneste, sogn: Tjeneste) -> None:
    renamed = replace(bergen, navn="Barnevernet i Bergen")
    assert changed(connected(), [bergen, sogn]) == [bergen, sogn]
    assert changed(connected(bergen), [bergen, sogn]) == [sogn]
    assert changed(connected(bergen, sogn), [renamed, sogn]) == [renamed]
    assert changed(connected(bergen, sogn), [bergen, sogn]) == []


def refusals(tjenester: Sequence[Tjeneste], current: Connected) -> str:
    with pytest.raises(Malformed) as refused:
        changed(current, tjenester)
    return refused.value.detail


def test_a_place_has_one_tjeneste(bergen: Tjeneste, sogn: Tjeneste) -> None:
    grasping = replace(sogn, places=(*bergen.places, *sogn.places))
    assert refusals([grasping], connected(bergen)) == "tjeneste sogn: places: 4601-00 is served by bergen already"
    assert refusals([bergen, grasping], connected()) == "tjeneste sogn: places: 4601-00 is served by bergen already"


def test_a_whole_kommune_leaves_no_bydel_to_another(receivers: Receivers, bergen: Tjeneste) -> None:
    arna = tjeneste_of(receivers("sogn"), "4601-01")
    said = "tjeneste sogn: places: 4601-01 lies in 4601-00, which bergen serves whole"
    assert refusals([arna], connected(bergen)) == said
    assert refusals([bergen], connected(arna)) == said


def test_a_place_may_move_to_another_tjeneste_in_one_import(bergen: Tjeneste, sogn: Tjeneste) -> None:
    smaller, larger = replace(sogn, places=sogn.places[:1]), replace(bergen, places=(*bergen.places, sogn.places[1]))
    assert changed(connected(bergen, sogn), [larger, smaller]) == [larger, smaller]


def test_bydeler_of_one_kommune_may_have_each_its_own(receivers: Receivers) -> None:
    first = tjeneste_of(receivers("bergen"), "0301-01", standard_bydel=Bydelsnummer("01"))
    second = tjeneste_of(receivers("sogn"), "0301-02")
    assert changed(connected(), [first, second]) == [first, second]
    both = replace(second, standard_bydel=Bydelsnummer("02"))
    assert "bergen has the standard bydel of 0301" in refusals([first, both], connected())


def test_a_key_belongs_to_one_tjeneste_for_ever(bergen: Tjeneste, sogn: Tjeneste) -> None:
    thief = replace(sogn, certificate=bergen.certificate)
    assert refusals([thief], connected(bergen)) == "tjeneste sogn: case_certificate: it is that of bergen"
    retired = Connected((), {bergen.certificate.key_id: Logged(TjenesteId("bergen"), 0)})
    assert refusals([thief], retired) == "tjeneste sogn: case_certificate: it is that of bergen"
    prover = replace(sogn, proof_public_key=bergen.proof_public_key)
    assert refusals([prover], connected(bergen)) == "tjeneste sogn: proof_public_key: it is that of bergen"


def test_a_whole_tjeneste_is_accepted(bergen: Tjeneste) -> None:
    check(bergen, KNOWN, START)


@pytest.mark.parametrize("bits", [0, 2048, 3071])
def test_a_weak_key_or_one_that_is_not_rsa_is_refused(bergen: Tjeneste, bits: int) -> None:
    weak = replace(bergen, certificate=replace(bergen.certificate, rsa_bits=bits))
    with pytest.raises(Malformed, match="tjeneste bergen: case_certificate: expected an RSA key of at least 3072 bits"):
        check(weak, KNOWN, START)


@pytest.mark.parametrize("now", [START - timedelta(days=2), START + timedelta(days=701)])
def test_a_certificate_that_is_not_yet_or_not_long_valid_is_refused(bergen: Tjeneste, now: datetime) -> None:
    with pytest.raises(Malformed, match="tjeneste bergen: case_certificate: expected it to be valid"):
        check(bergen, KNOWN, now)


def test_an_unknown_or_ended_kommune_is_refused(receivers: Receivers) -> None:
    with pytest.raises(Malformed, match="tjeneste bergen: places: 1201 is not the number of a kommune today"):
        check(tjeneste_of(receivers("bergen"), "1201-00"), KNOWN, START)


def test_a_standard_bydel_is_one_of_its_own(receivers: Receivers) -> None:
    with pytest.raises(Malformed, match="standard_bydelsnummer: 03 is not among its places"):
        check(tjeneste_of(receivers("bergen"), "0301-01", standard_bydel=Bydelsnummer("03")), KNOWN, START)
