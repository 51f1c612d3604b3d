"""Three people write at the form in a real browser; their caseworkers read byte for byte what the page hashed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from e2e.instance import Instance, place_of
from e2e.portal.conftest import new_page, picture


@dataclass(frozen=True)
class Written:
    """What a person writes, and where it must arrive."""

    name: str
    kind: str
    has_script: bool
    place: str
    bydel: str
    tjeneste: str
    fields: dict[str, str]
    checked: tuple[str, ...]


PRIVAT = {
    "privatBarn.0.personnavn": "Eirin Oppdiktet",
    "melding": "Oppdiktet bekymring.\nTo linjer: æøå «sitat»",
    "privatMelder.personnavn": "Nabo Fantasi",
}
OFFENTLIG = {
    "offentligBarn.0.personnavn": "Eirin Oppdiktet",
    "foresatte.0.personnavn": "Ragnhild Oppdiktet",
    "melding.melding": "Oppdiktet bekymring.",
    "melding.historie": "Oppdiktet forhistorie.",
    "offentligMelder.personnavn": "Solveig Prøvesen",
    "offentligMelder.rolle": "Helsesykepleier",
    "offentligMelder.telefonnummer": "+47 210 00 001",
    "offentligMelder.epost": "solveig.provesen@helse.fjellvik.example.no",
    "offentligMelder.virksomhet.navn": "Fjellvik helsestasjon",
}
PEOPLE = [
    Written("privat", "privat", True, "Luster", "", "indre-sogn", PRIVAT, ("identitet-tilbakeholdt",)),
    Written(
        "offentlig",
        "offentlig",
        True,
        "Oslo",
        "01",
        "oslo-gamle-oslo",
        OFFENTLIG,
        ("offentligBarn.0.orientert-ja", "foresatte.0.orientert-nei"),
    ),
    Written("uten skript", "privat", False, "Bergen", "", "bergen", PRIVAT, ("identitet-kjent",)),
]


@pytest.mark.full
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
async def test_what_a_person_typed_is_what_a_caseworker_reads(
    instance: Instance, chromium: Browser, tmp_path: Path, person: Written
) -> None:
    page = await new_page(chromium, has_script=person.has_script)

    # 1. The form is filled in and sent; the page shows the document's checksum, a receipt and a code.
    await _fill_in(page, instance, person)
    await page.click("#send")
    await page.wait_for_selector(".sv-receipt", timeout=30_000)
    await picture(page, f"folk-{person.name}-kvittering")
    hashed = await page.get_attribute(".sv-receipt [data-document-sha256]", "data-document-sha256")
    code = await page.inner_text("[data-felt=kode]")
    receipt = tmp_path / "kvittering.json"
    async with page.expect_download() as download:
        await page.click("#last-ned button")
    receipt.write_bytes((await (await download.value).path()).read_bytes())
    instance.ok("receipt", "verify", str(receipt))

    # 2. The status page is open while the node stores it.
    await page.goto(f"{instance.portal}/status")
    await page.fill("#kode", code)
    await page.click("text=Vis status")
    await _reached(page, person, "stored")

    # 3. It is in the right inbox only, byte for byte.
    reference = await page.inner_text("[data-felt=referanse]")
    for node in instance.info["nodes"]:
        references = [melding["reference"] for melding in instance.inbox(node["tjeneste"])]
        assert (reference in references) == (node["tjeneste"] == person.tjeneste)
    out = tmp_path / "ut"
    place = place_of(instance.node(person.tjeneste))
    instance.ok("inbox", "export", *place, reference, "--reason", "Ny melding", "--out", str(out))
    document = next(out.rglob("bekymringsmelding.json")).read_bytes()
    assert hashlib.sha256(document).hexdigest() == hashed
    is_withheld = "identitet-tilbakeholdt" in person.checked
    assert (b"Nabo Fantasi" in document) == (person.kind == "privat" and not is_withheld)

    # 4. The page says opened, by itself where there is a script.
    await _reached(page, person, "opened")
    await picture(page, f"folk-{person.name}-status")


async def _fill_in(page: Page, instance: Instance, person: Written) -> None:
    await page.goto(f"{instance.portal}/melding/{person.kind}")
    await page.fill("#sted", person.place)
    await page.click("text=Finn kommunen")
    if person.bydel:
        await page.check(f"#bydel-{person.bydel}")
        await page.click("button:has-text('Velg'):not(:has-text('et'))")
    await page.wait_for_selector("#skjema[data-forsegler=nettleser]" if person.has_script else "#skjema")
    for name, text in person.fields.items():
        await page.fill(f'[name="{name}"]', text)
    for field in person.checked:
        await page.check(f'[id="{field}"]')
    await picture(page, f"folk-{person.name}-utfylt")


async def _reached(page: Page, person: Written, step: str) -> None:
    reached = f"[data-steg={step}][data-naadd=ja]"
    if person.has_script:
        await page.wait_for_selector(reached, timeout=30_000)
        return
    for _ in range(30):
        if await page.query_selector(reached):
            return
        await page.wait_for_timeout(1000)
        await page.click("text=Oppdater")
    raise AssertionError(f"the page never said {step}")
