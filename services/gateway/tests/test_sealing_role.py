"""Without JavaScript a form is sealed in memory: it arrives as typed, no disk is touched, and the receipt says so."""

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from libs.errors import OutcomeUnknown, Unavailable
from libs.sealing.documents import validate
from libs.sealing.identity import PLACEHOLDER_NAME, PrivateReporter, open_identity
from libs.statements.document import verify_document
from libs.values import MeldingId
from samvern.types.v1.types_pb2 import SEALING_PLACE_PROCESS
from services.gateway.tests.doubles import Surrounding

PDF = b"%PDF-1.7 oppdiktet"
ANSWERS = {
    "handling": "send",
    "skjema": "0123456789abcdefABCDEF",
    "kommune": "4601",
    "bydel": "00",
    "privatBarn.0.personnavn": "Eirin Oppdiktet",
    "melding": "Oppdiktet bekymring.\r\nTo linjer.",
    "identitet": "kjent",
    "privatMelder.personnavn": "Nabo Fantasi",
}


async def post(around: Surrounding, answers: dict[str, str], files: Any = None, **headers: str) -> Any:
    async with around.browser("sealing") as browser:
        parts = files or [("vedlegg", ("", b"", "application/octet-stream"))]
        return await browser.post("/melding/privat", data=answers, files=parts, headers=headers)


def felt(page: str, name: str) -> str:
    found = re.search(rf'data-felt="{name}"[^>]*>([^<]*)<', page)
    assert found
    return found[1]


async def test_form_arrives_as_typed_and_the_receipt_page_says_who_could_read_it(around: Surrounding) -> None:
    page = await post(around, ANSWERS, [("vedlegg", ("a.pdf", PDF, "application/pdf"))])

    assert page.status_code == 200
    case = await around.intake.opened_case()
    assert [file.content for file in case.files[1:]] == [PDF]
    document = validate(case.document)
    assert document.data["melding"] == "Oppdiktet bekymring.\nTo linjer."
    assert document.data["sendingstidspunkt"] == "2026-11-22T10:00:00"
    assert f'data-document-sha256="{hashlib.sha256(case.document).hexdigest()}"' in page.text
    assert felt(page.text, "referanse") == "SV-7K3M-9QXW-C"
    assert "forseglingstjeneste kunne lese" in page.text
    [held] = around.intake.held
    assert held.request.sealed_at == SEALING_PLACE_PROCESS
    assert re.fullmatch(r"([0-9]{4} ){9}[0-9]{4}", felt(page.text, "kode"))


async def test_withheld_name_travels_apart(around: Surrounding) -> None:
    await post(around, ANSWERS | {"identitet": "tilbakeholdt", "privatMelder.telefonnummer": "210 00 004"})

    parts = await around.intake.opened()
    melding_id = MeldingId.parse(around.intake.held[0].request.melding_id)
    assert open_identity(parts["identity"], melding_id) == PrivateReporter("Nabo Fantasi", "210 00 004")
    case = await around.intake.opened_case()
    assert case.manifest.wants_name_withheld
    assert validate(case.document).data["privatMelder"] == {"personnavn": PLACEHOLDER_NAME}
    assert b"Nabo Fantasi" not in parts["case"]


async def test_faults_are_shown_at_their_fields_and_what_was_written_is_kept(around: Surrounding) -> None:
    files = [("vedlegg", ("a.pdf", PDF, "application/pdf"))]
    page = await post(around, ANSWERS | {"privatBarn.0.personnavn": " ", "identitet": ""}, files)

    assert page.status_code == 422
    assert re.findall(r'<li><a class="ds-link" href="#([^"]+)"', page.text) == ["privatBarn.0.personnavn", "identitet"]
    assert 'id="privatBarn.0.personnavn-feil"' in page.text
    assert "Oppdiktet bekymring.\nTo linjer." in page.text.replace("\r\n", "\n")
    assert "velge vedleggene på nytt" in page.text
    assert 'value="0123456789abcdefABCDEF"' in page.text
    assert around.intake.held == []


@pytest.mark.parametrize(
    ("changes", "files", "fault"),
    [
        ({"identitet": "anonym"}, None, "identitet"),
        ({"privatMelder.telefonnummer": "ring meg"}, None, "privatMelder.telefonnummer"),
        ({}, [("vedlegg", ("a.pdf", b"MZ", "application/pdf"))], "vedlegg"),
        ({}, [("vedlegg", ("a.pdf", PDF, "application/pdf"))] * 11, "vedlegg"),
        ({}, [("vedlegg", ("a.pdf", PDF + b"x" * 3_500_000, "application/pdf"))], "vedlegg"),
        ({f"privatBarn.{index}.adresse.adresselinje1": "x" * 60_000 for index in range(3)}, None, "send"),
    ],
)
async def test_nothing_is_sent_with(around: Surrounding, changes: Any, files: Any, fault: str) -> None:
    page = await post(around, ANSWERS | changes, files)

    assert (page.status_code, f'href="#{fault}"' in page.text) == (422, True)
    assert around.intake.held == []


async def test_a_child_more_and_a_child_less(around: Surrounding) -> None:
    more = await post(around, ANSWERS | {"handling": "legg-til:privatBarn"})
    assert 'name="privatBarn.1.personnavn"' in more.text
    assert 'value="fjern:privatBarn:0"' in more.text

    two = ANSWERS | {"privatBarn.1.personnavn": "Bror Oppdiktet"}
    less = await post(around, two | {"handling": "fjern:privatBarn:0"})
    assert 'name="privatBarn.0.personnavn" value="Bror Oppdiktet"' in less.text
    assert 'name="privatBarn.1.personnavn"' not in less.text.partition("<template")[0]
    assert around.intake.held == []


async def test_enter_key_sends_nothing(around: Surrounding) -> None:
    page = await post(around, ANSWERS | {"handling": "bli"})

    assert (page.status_code, around.intake.held) == (200, [])


async def test_unknown_outcome_is_repeated_with_the_very_same_bytes(
    around: Surrounding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.receiving.RETRY_BASE_SECONDS", 0.001)
    seen: list[bytes] = []
    submit = around.intake.submit

    async def forgetful(request: Any) -> str:
        seen.append(request.SerializeToString(deterministic=True))
        receipt = await submit(request)
        if len(seen) < 3:
            raise OutcomeUnknown("no answer")
        return receipt

    monkeypatch.setattr(around.intake, "submit", forgetful)
    page = await post(around, ANSWERS)

    assert page.status_code == 200
    assert (len(seen), len(set(seen)), len(around.intake.held)) == (3, 1, 1)


async def test_form_is_taken_in_once_and_who_posts_it_again_is_told(around: Surrounding) -> None:
    first, again = await post(around, ANSWERS), await post(around, ANSWERS)

    assert (first.status_code, again.status_code) == (200, 409)
    assert "allerede tatt imot" in again.text
    assert len(around.intake.held) == 1


async def test_what_was_written_comes_back_when_intake_cannot_take_it(
    around: Surrounding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.receiving.RETRY_BASE_SECONDS", 0.001)

    async def away(_request: Any) -> str:
        raise Unavailable("away")

    monkeypatch.setattr(around.intake, "submit", away)
    page = await post(around, ANSWERS)

    assert (page.status_code, 'href="tel:112"' in page.text) == (503, True)
    assert "Oppdiktet bekymring." in page.text
    assert "ikke tilgjengelig akkurat nå" in page.text


async def test_without_a_snapshot_nothing_is_promised(around: Surrounding) -> None:
    around.intake.failure = Unavailable("away")
    page = await post(around, ANSWERS)

    assert (page.status_code, 'href="tel:112"' in page.text) == (503, True)


async def test_post_from_another_sites_page_is_refused(around: Surrounding) -> None:
    page = await post(around, ANSWERS, **{"sec-fetch-site": "cross-site"})

    assert (page.status_code, around.intake.held) == (400, [])


@pytest.mark.parametrize("key", ["", "short", "x" * 41, "0123456789abcdef/.."])
async def test_form_without_its_key_is_refused(around: Surrounding, key: str) -> None:
    assert (await post(around, ANSWERS | {"skjema": key})).status_code == 400


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"garbage", "multipart/form-data; boundary=x", 400),
        (b"--x\r\n\r\n", "multipart/form-data", 400),
        (b"x" * 5_000_001, "multipart/form-data; boundary=x", 413),
        (b"--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n" + b"y" * 5_000_001,
         "multipart/form-data; boundary=x", 413),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"y" * 100_001 + b"\r\n--x--",
         "multipart/form-data; boundary=x", 413),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--x--", "multipart/form-data; boundary=x", 400),
        (b"{}", "application/json", 415),
    ],
)  # fmt: skip
async def test_bad_form_is_refused(around: Surrounding, content: bytes, media_type: str, status: int) -> None:
    async with around.browser("sealing") as browser:
        page = await browser.post("/melding/privat", content=content, headers={"content-type": media_type})

    assert page.status_code == status


async def test_form_for_a_place_that_receives_nothing_is_refused(around: Surrounding) -> None:
    assert (await post(around, ANSWERS | {"kommune": "3103"})).status_code == 400


async def test_nothing_is_written_to_disk(around: Surrounding, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a form must not be spooled")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    page = await post(around, ANSWERS, [("vedlegg", ("a.pdf", PDF + b"x" * 3_000_000, "application/pdf"))])

    assert page.status_code == 200
    assert list(tmp_path.iterdir()) == []


async def test_receipt_is_given_as_the_file_that_verifies(around: Surrounding) -> None:
    await post(around, ANSWERS)
    async with around.browser("sealing") as browser:
        file = await browser.post("/kvittering", data={"kvittering": around.intake.held[0].receipt})
        forged = await browser.post("/kvittering", data={"kvittering": "a.b." + "c" * 86})

    assert file.headers["content-disposition"] == 'attachment; filename="kvittering.json"'
    assert verify_document(file.content, around.trust.root).reference == "SV-7K3M-9QXW-C"
    assert forged.status_code == 422


async def test_status_works_without_javascript_and_tells_wrong_codes_apart_from_unknown_ones(
    around: Surrounding,
) -> None:
    code = felt((await post(around, ANSWERS)).text, "kode")
    async with around.browser("sealing") as browser:
        right = await browser.post("/status", data={"kode": code})
        mistyped = await browser.post("/status", data={"kode": code[:-1] + str((int(code[-1]) + 1) % 10)})
        unknown = await browser.post("/status", data={"kode": "0000 0523 3100 6062 4280 6050 9553 9573 1361 2959"})

    assert right.status_code == 200
    assert re.findall(r'data-steg="([a-z]+)" data-naadd="([a-z]+)"', right.text) == [
        ("accepted", "ja"),
        ("stored", "nei"),
        ("opened", "nei"),
    ]
    assert (mistyped.status_code, "skal ha førti siffer" in mistyped.text) == (422, True)
    assert (unknown.status_code, "Vi finner ingen melding" in unknown.text) == (422, True)


async def test_other_pages_are_the_portals(around: Surrounding) -> None:
    async with around.browser("sealing") as browser:
        for path in ("/", "/status", "/melding/privat"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"http://127.0.0.1:8080{path}")
        assert (await browser.get("/api/native/v1/places")).status_code == 404
