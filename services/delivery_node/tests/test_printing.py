"""A melding becomes a PDF in memory, and its text stays text."""

import pytest

from libs.errors import Overloaded
from libs.testing.world import START
from services.delivery_node.presenting import ShownField, ShownSection, present
from services.delivery_node.printing import printer
from services.delivery_node.printing.printer import PrintedMelding, TypstPrinter
from services.delivery_node.tests.factory import PRIVAT
from services.delivery_node.texts import Texts

TEXTS = Texts.load("nb")


def melding(text: str) -> PrintedMelding:
    return PrintedMelding(
        title="Bekymringsmelding",
        reference="SV-7K3M-9QXW-C",
        tjeneste="Fjellvik barneverntjeneste",
        is_urgent=True,
        facts=(ShownField("Til", "Fjellvik barneverntjeneste"),),
        notes=("Merk",),
        sections=[ShownSection("Bekymringen", (ShownField("Hva", text),)), *present(PRIVAT, (), TEXTS)],
        attachments=("vedlegg-1.pdf",),
        made="Utskrift",
        words=TEXTS.print_,
    )


async def test_a_pdf_is_tagged_and_says_its_language() -> None:
    async with TypstPrinter.open() as typst:
        pdf = await typst.pdf(melding("Vanlig tekst: æøå ÆØÅ, čđŋšŧž, «sitat»."), START)
    for mark in (b"%PDF-", b"/StructTreeRoot", b"/Lang(nb-NO)", b"pdfuaid"):
        assert mark in pdf


async def test_the_same_melding_gives_the_same_pdf() -> None:
    async with TypstPrinter.open() as typst:
        assert await typst.pdf(melding("Tekst"), START) == await typst.pdf(melding("Tekst"), START)


@pytest.mark.parametrize(
    "text", ['#read("/etc/passwd")', "#panic()", "$x$ *fet* _kursiv_ @ref <l> \\", "]", '"', "日本 😀", "\u202e", ""]
)
async def test_what_people_write_is_never_markup(text: str) -> None:
    async with TypstPrinter.open() as typst:
        assert (await typst.pdf(melding(text), START)).startswith(b"%PDF-")


async def test_too_many_at_once_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer, "MAX_WAITING", 0)
    async with TypstPrinter.open() as typst:
        with pytest.raises(Overloaded):
            await typst.pdf(melding("Tekst"), START)


def test_what_no_layout_names_is_shown_under_its_own_name() -> None:
    layout = TEXTS.layouts["privat"]
    document = {**PRIVAT, "nytt": {"felt": [True, ""]}}
    (rest,) = [each for each in present(document, layout, TEXTS) if each.title == "Andre opplysninger"]
    assert rest.fields == (ShownField("nytt.felt[0]", "Ja"), ShownField("nytt.felt[1]", "Ikke oppgitt"))


def test_every_value_of_a_document_is_shown_once() -> None:
    shown = [field.value for section in present(PRIVAT, TEXTS.layouts["privat"], TEXTS) for field in section.fields]
    assert shown.count("Eirin Oppdiktet") == 1
    assert "søndag 22. november 2026 kl. 20.15" in shown
    assert len(shown) == 14
