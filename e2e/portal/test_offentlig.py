"""A public reporter fills in every field with JavaScript on; each arrives."""

import hashlib
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser

from e2e.portal.conftest import choose_place, new_page, picture
from libs.sealing.documents import validate
from services.gateway.tests.running import Portal

TYPED = {
    "offentligBarn.0.personnavn": "Eirin Oppdiktet",
    "offentligBarn.0.fnr": "130972 48022",
    "offentligBarn.0.telefonnummer": "21000003",
    "offentligBarn.0.adresse.adresselinje1": "Lia 12",
    "offentligBarn.0.adresse.postnummer": "9991",
    "offentligBarn.0.adresse.poststed": "FJELLVIK",
    "offentligBarn.0.orientertGrunn": "Samtale på skolen",
    "foresatte.0.personnavn": "Ragnhild Oppdiktet",
    "foresatte.0.telefonnummer": "21000002",
    "foresatte.0.orientertGrunn": "Fare for barnet",
    "foresatte.1.personnavn": "Ukjent",
    "behovForTolk": "Nordsamisk",
    "andreHjelpeinstanser": "Fastlege\nPPT",
    "melding.melding": "Oppdiktet bekymring.",
    "melding.historie": "Oppdiktet forhistorie.",
    "melding.andreSynspunkter": "Oppdiktet tillegg.",
    "offentligMelder.personnavn": "Solveig Prøvesen",
    "offentligMelder.rolle": "Helsesykepleier",
    "offentligMelder.telefonnummer": "+47 210 00 001",
    "offentligMelder.epost": "solveig.provesen@helse.fjellvik.example.no",
    "offentligMelder.virksomhet.navn": "Fjellvik helsestasjon",
    "offentligMelder.virksomhet.orgnr": "310000001",
    "offentligMelder.virksomhet.adresse.adresselinje1": "Tunet 4",
    "offentligMelder.virksomhet.adresse.postnummer": "9990",
    "offentligMelder.virksomhet.adresse.poststed": "FJELLVIK",
}
CHOSEN = ("offentligBarn.0.orientert-ja", "foresatte.0.orientert-nei", "foresatte.1.orientert-nei")


@pytest.mark.full
async def test_every_field_of_a_public_report_arrives(site: Portal, chromium: Browser) -> None:
    page = await new_page(chromium)

    # 1. In Oslo the bydel decides.
    await page.goto(f"{site.url}/melding/offentlig")
    await page.fill("#sted", "Oslo")
    await page.click("text=Finn kommunen")
    await page.check("#bydel-01")
    await picture(page, "offentlig-0-bydel")
    await page.click("button:has-text('Velg'):not(:has-text('et'))")
    await page.wait_for_selector("#skjema[data-forsegler=nettleser]")

    # 2. Every field.
    await page.click("[data-legg-til=foresatte]")
    for name, text in TYPED.items():
        await page.fill(f'[name="{name}"]', text)
    for field in CHOSEN:
        await page.check(f'[id="{field}"]')
    await picture(page, "offentlig-1-utfylt")
    await page.click("#send")
    await page.wait_for_selector(".sv-receipt")
    await picture(page, "offentlig-2-kvittering")

    # 3. It arrives, byte for byte what the page hashed.
    case = await site.around.intake.opened_case()
    shown = await page.get_attribute(".sv-receipt [data-document-sha256]", "data-document-sha256")
    assert shown == hashlib.sha256(case.document).hexdigest()
    data = validate(case.document).data
    assert (data["kommunenummer"], data["bydelsnummer"], data["bydelsnavn"]) == ("0301", "01", "Gamle Oslo")
    arrived = {name: _at(data, name) for name in TYPED}
    assert arrived == TYPED | {"offentligBarn.0.fnr": "13097248022"}
    assert [guardian["orientert"] for guardian in data["foresatte"]] == [False, False]
    assert data["offentligBarn"][0]["orientert"] is True
    assert site.around.intake.held[0].label.tjeneste.id == "oslo-gamle-oslo"


@pytest.mark.full
async def test_wrong_numbers_are_told_at_their_fields(site: Portal, chromium: Browser) -> None:
    page = await new_page(chromium)
    await choose_place(page, site, "offentlig", "Bergen")
    await page.wait_for_selector("#skjema[data-forsegler=nettleser]")
    await page.fill('[name="offentligBarn.0.fnr"]', "12345678901")
    await page.fill('[name="offentligMelder.epost"]', "ikke en adresse")
    await page.click("#send")

    for name in ("offentligBarn.0.fnr", "offentligMelder.epost"):
        assert await page.get_attribute(f'[name="{name}"]', "aria-invalid") == "true"
        assert await page.is_visible(f'[data-feil-for="{name}"]')
    assert await page.input_value('[name="offentligMelder.epost"]') == "ikke en adresse"


def _at(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data[int(step)] if step.isdecimal() else data[step]
    return msgspec.to_builtins(data)
