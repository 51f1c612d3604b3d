"""A private reporter writes with JavaScript on: sealed in the browser, followed until it is opened."""

import hashlib

import pytest
from playwright.async_api import Browser

from e2e.portal.conftest import choose_place, new_page, picture
from libs.sealing.documents import validate
from libs.sealing.identity import PrivateReporter, open_identity
from libs.statements.document import verify_document
from libs.values import MeldingId
from samvern.types.v1.types_pb2 import SEALING_PLACE_BROWSER
from services.gateway.tests.running import Portal
from services.gateway.upstream import Step

PDF = b"%PDF-1.7 oppdiktet vedlegg" + bytes(1_000_000)


@pytest.mark.full
async def test_private_report_is_sealed_here_and_followed(site: Portal, chromium: Browser) -> None:
    page = await new_page(chromium)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or "") if request.method == "POST" else None)
    intake = site.around.intake

    # 1. The place.
    await picture(page, "privat-0")
    await choose_place(page, site, "privat", "Bergen")
    await page.wait_for_selector("#skjema[data-forsegler=nettleser]")

    # 2. Nothing written yet: the faults are told at their fields, the focus is on the summary.
    await page.click("#send")
    await page.wait_for_selector("#feil:not([hidden])")
    assert await page.evaluate("document.activeElement.id") == "feil"
    links = await page.eval_on_selector_all("#feil a", "links => links.map(link => link.getAttribute('href'))")
    assert links == ["#privatBarn.0.personnavn", "#melding", "#identitet", "#privatMelder.personnavn"]
    await picture(page, "privat-1-feil")
    assert intake.held == []

    # 3. Two children after a third was added and taken away again.
    await page.fill('[name="privatBarn.0.personnavn"]', "Eirin Oppdiktet")
    await page.fill('[name="privatBarn.0.antattAlder"]', "ca. 6 år")
    for number in (1, 2):
        await page.click("[data-legg-til=privatBarn]")
        await page.fill(f'[name="privatBarn.{number}.personnavn"]', f"Søsken {number}")
    await page.click('[data-nummer="1"] [data-fjern]')
    await page.fill("#melding", "Oppdiktet bekymring, kanari-7f3a.\nTo linjer: æøå «sitat» 😀")
    await page.check("#identitet-tilbakeholdt")
    await page.fill('[name="privatMelder.personnavn"]', "Nabo Fantasi")
    await page.fill('[name="privatMelder.telefonnummer"]', "210 00 004")
    await page.set_input_files("#vedlegg", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF})
    assert "Det er 2,5 MB igjen" in await page.inner_text("#vedlegg-igjen")
    await page.check("#haster")
    await picture(page, "privat-2-utfylt")

    # 4. Sent: the receipt page shows the checksum of the very document that the receiver opens.
    await page.click("#send")
    await page.wait_for_selector(".sv-receipt")
    await picture(page, "privat-3-kvittering")
    case = await intake.opened_case()
    shown = await page.get_attribute(".sv-receipt [data-document-sha256]", "data-document-sha256")
    assert shown == hashlib.sha256(case.document).hexdigest()
    document = validate(case.document)
    assert [child["personnavn"] for child in document.data["privatBarn"]] == ["Eirin Oppdiktet", "Søsken 2"]
    assert document.data["melding"] == "Oppdiktet bekymring, kanari-7f3a.\nTo linjer: æøå «sitat» 😀"
    assert [file.content for file in case.files[1:]] == [PDF]

    # 5. The name travelled apart, and nothing readable left the browser.
    identity = (await intake.opened())["identity"]
    melding_id = MeldingId.parse(intake.held[0].request.melding_id)
    assert open_identity(identity, melding_id) == PrivateReporter("Nabo Fantasi", "210 00 004")
    assert "Nabo" not in case.document.decode()
    assert intake.held[0].request.sealed_at == SEALING_PLACE_BROWSER
    assert not any("kanari-7f3a" in body or "Nabo Fantasi" in body for body in posted)

    # 6. The receipt as a file verifies.
    async with page.expect_download() as download:
        await page.click("#last-ned button")
    file = (await (await download.value).path()).read_bytes()
    assert verify_document(file, site.around.trust.root).is_urgent

    # 7. The status page moves by itself.
    code = await page.inner_text("[data-felt=kode]")
    await page.goto(f"{site.url}/status")
    await page.wait_for_selector("#status-skjema[data-forsegler=nettleser]")
    await page.fill("#kode", code)
    await page.click("text=Vis status")
    await page.wait_for_selector("[data-steg=accepted][data-naadd=ja]")
    await page.wait_for_selector("[data-steg=opened][data-naadd=nei]")
    intake.steps += [Step("stored", "2026-11-22T09:00:10Z", "proof"), Step("opened", "2026-11-22T09:20:00Z", "proof")]
    await page.wait_for_selector("[data-steg=opened][data-naadd=ja]")
    await picture(page, "privat-4-status")
    assert complaints == []
