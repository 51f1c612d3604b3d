"""The same form without JavaScript: sealed by the sealing process, told so on page and receipt."""

import hashlib

import pytest
from playwright.async_api import Browser

from e2e.portal.conftest import choose_place, new_page, picture
from libs.sealing.documents import validate
from samvern.types.v1.types_pb2 import SEALING_PLACE_PROCESS
from services.gateway.tests.running import Portal
from services.gateway.upstream import Step


@pytest.mark.full
async def test_report_arrives_without_javascript_and_its_status_can_be_asked(site: Portal, chromium: Browser) -> None:
    page = await new_page(chromium, has_script=False, width=390)
    await choose_place(page, site, "privat", "Bergen")
    assert "kan ikke forsegle" in await page.inner_text("[data-felt=forsegling]")
    await picture(page, "uten-0-skjema")

    # 1. Faults come back with all that was written.
    await page.fill("#melding", "Oppdiktet bekymring.\nTo linjer.")
    await page.click("#send")
    await page.wait_for_selector("#feil:not([hidden])")
    assert await page.input_value("#melding") == "Oppdiktet bekymring.\nTo linjer."
    await picture(page, "uten-1-feil")

    # 2. A child more, through the sealing process.
    await page.fill('[name="privatBarn.0.personnavn"]', "Eirin Oppdiktet")
    await page.click("[data-legg-til=privatBarn]")
    await page.fill('[name="privatBarn.1.personnavn"]', "Bror Oppdiktet")
    await page.check("#identitet-kjent")
    await page.fill('[name="privatMelder.personnavn"]', "Nabo Fantasi")
    await page.set_input_files("#vedlegg", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"})
    await page.click("#send")

    # 3. The receipt says who could read it.
    await page.wait_for_selector(".sv-receipt")
    await picture(page, "uten-2-kvittering")
    assert "forseglingstjeneste kunne lese" in await page.inner_text("[data-felt=lesere]")
    case = await site.around.intake.opened_case()
    assert site.around.intake.held[0].request.sealed_at == SEALING_PLACE_PROCESS
    shown = await page.get_attribute("[data-document-sha256]", "data-document-sha256")
    assert shown == hashlib.sha256(case.document).hexdigest()
    assert len(validate(case.document).data["privatBarn"]) == 2

    # 4. Its status, with a button instead of a script.
    code = await page.inner_text("[data-felt=kode]")
    await page.click("text=Følg meldingen")
    await page.fill("#kode", code)
    await page.click("text=Vis status")
    await page.wait_for_selector("[data-steg=stored][data-naadd=nei]")
    site.around.intake.steps.append(Step("stored", "2026-11-22T09:00:10Z", "proof"))
    await page.click("text=Oppdater")
    await page.wait_for_selector("[data-steg=stored][data-naadd=ja]")
    await picture(page, "uten-3-status")
