"""What a caseworker meets in the browser, and what is on record before anything is shown."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from libs.errors import Unavailable
from libs.sealing.case import CaseFile
from libs.sealing.identity import PrivateReporter, pack_identity
from libs.values import MeldingId
from services.delivery_node.counting import Finding
from services.delivery_node.domain import MeldingNumber
from services.delivery_node.facts import AccessEntry, State
from services.delivery_node.receiver_keys import ReceiverKeys
from services.delivery_node.store.memory import MemoryStore
from services.delivery_node.tests.browser import KARI, URL, Browser, Node, new_node
from services.delivery_node.tests.factory import OFFENTLIG, PRIVAT

FIRST = MeldingNumber(1, 1)
WHY = "Første gjennomgang i mottaket"


@pytest.fixture
async def node(tmp_path: Path) -> Node:
    return await new_node(tmp_path)


@pytest.fixture
async def browser(node: Node) -> Browser:
    browser = node.browser()
    await browser.log_in()
    return browser


async def test_without_a_login_there_is_only_the_way_to_log_in(node: Node) -> None:
    await node.store_melding(await node.centre.melding(1))
    stranger = node.browser()
    front = await stranger.get("/")
    assert "Logg inn" in front.text
    assert "SV-" not in front.text
    assert (await stranger.get("/melding/1/1")).status_code == 401
    assert (await stranger.get("/api/v1/meldinger")).json()["error"]["reason"] == "UNAUTHENTICATED"
    assert (await stranger.post("/melding/1/1", reason=WHY)).status_code == 401
    assert await node.store.access_list(FIRST) == []


async def test_a_demos_login_is_marked_as_one(node: Node) -> None:
    assert "Prøveinnlogging" in (await node.browser().get("/")).text


@pytest.mark.parametrize("wrong", [{"state": "another"}, {"code": "bad"}, {"code": ""}], ids=str)
async def test_an_answer_of_the_provider_counts_once_for_the_browser_that_asked(
    node: Node, wrong: dict[str, str]
) -> None:
    browser = node.browser()
    await browser.get("/login")
    true = {"state": node.provider.attempts[-1].state, "code": "good"}
    assert (await browser.get("/callback", **{**true, **wrong})).status_code == 401
    assert (await browser.get("/callback", **true)).status_code == 401


async def test_a_login_that_took_too_long_does_not_count(node: Node) -> None:
    browser = node.browser()
    await browser.get("/login")
    node.clock.advance(601)
    answer = await browser.get("/callback", state=node.provider.attempts[-1].state, code="good")
    assert answer.status_code == 401


async def test_a_session_ends_after_a_working_day_and_when_one_logs_out(node: Node, browser: Browser) -> None:
    assert KARI.name in (await browser.get("/")).text
    node.clock.advance(8 * 3600)
    assert KARI.name not in (await browser.get("/")).text
    await browser.log_in()
    assert "logget ut" in (await browser.post("/logout")).text
    assert KARI.name not in (await browser.get("/")).text


async def test_the_inbox_lists_newest_first_with_deadlines_and_nothing_of_the_content(
    node: Node, browser: Browser
) -> None:
    await node.store_melding(await node.centre.melding(1, document=OFFENTLIG))
    urgent = await node.store_melding(await node.centre.melding(2, is_urgent=True))
    page = (await browser.get("/")).text
    assert page.index(str(urgent.arrival().reference)) < page.index("Offentlig melder")
    for text in ("Haster", "Ny", "søn. 29.11.2026", "søn. 13.12.2026", "9901 Fjellvik"):
        assert text in page
    assert "Oppdiktet" not in page


async def test_older_meldinger_are_a_page_away(node: Node, browser: Browser) -> None:
    arrivals = [(await node.centre.melding(number)).arrival() for number in range(1, 103)]
    await node.store.remember_heads(arrivals, node.clock.now())
    assert 'href="/?before=1.3"' in (await browser.get("/")).text
    older = (await browser.get("/", before="1.3")).text
    assert "/melding/1/2" in older
    assert "/melding/1/3" not in older
    assert (await browser.get("/", before="x")).status_code == 400


async def test_what_is_missing_or_wrong_is_said_above_the_list(node: Node, browser: Browser) -> None:
    await node.store.remember_heads([(await node.centre.melding(3)).arrival()], node.clock.now())
    await node.store.note(Finding.HEAD_REFUSED, FIRST, node.clock.now())
    page = (await browser.get("/")).text
    assert "ikke har fått meldingen til: 1, 2." in page
    assert "kvittering som ikke stemmer" in page


async def test_reading_demands_a_reason(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    for reason in ("", "   ", "x" * 301):
        answer = await browser.post("/melding/1/1", reason=reason)
        assert answer.status_code == 422
        assert "Skriv hvorfor" in answer.text
    assert await node.store.access_list(FIRST) == []
    assert (await node.store.find(FIRST)).state is State.NEW


async def test_reading_shows_the_document_and_is_on_record_as_opened(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    heard = node.to_prove.listen()
    page = await browser.post("/melding/1/1", reason=WHY)
    for text in (PRIVAT["melding"].splitlines()[1], "Eirin Oppdiktet", "Barn 2", "Nabo Fantasi", "ca. 6 år"):
        assert text in page.text
    (entry,) = await node.store.access_list(FIRST)
    assert (entry.person, entry.act, entry.reason, entry.at) == (KARI, "read", WHY, node.clock.now())
    assert [(due.kind, due.arrival.which) for due in await node.store.due_signatures(9)] == [("opened", FIRST)]
    assert heard.is_rung
    assert WHY in (await browser.get("/melding/1/1")).text


async def test_a_public_reporters_document_is_shown_in_order(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1, document=OFFENTLIG))
    page = (await browser.post("/melding/1/1", reason=WHY)).text
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert titles[:6] == ["Bekymringen", "Barn 1", "Foresatt 1", "Mer om familien", "Melder", "Om innsendingen"]
    assert "Andre opplysninger" not in page


class NoEntries(MemoryStore):
    """A store that cannot write the access list."""

    async def log_access(self, entry: AccessEntry) -> None:
        raise Unavailable("the database is away")


async def test_nothing_is_shown_when_the_access_entry_cannot_be_committed(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    node.store.log_access = NoEntries().log_access  # type: ignore[method-assign]
    answer = await browser.post("/melding/1/1", reason=WHY)
    assert answer.status_code == 503
    assert "Oppdiktet" not in answer.text
    assert (await node.store.find(FIRST)).opened_at is None


async def test_a_withheld_name_stands_apart_and_is_not_printed(node: Node, browser: Browser) -> None:
    melding_id = MeldingId("7d0c6a52-2f0e-4c0a-9f6e-0f5a4b8f1c11")
    identity = pack_identity(melding_id, PrivateReporter("Hemmelig Tante", "21000009"))
    node.centre.ids.uuid4 = lambda: melding_id.uuid  # type: ignore[method-assign]
    await node.store_melding(await node.centre.melding(1, identity=identity))
    page = (await browser.post("/melding/1/1", reason=WHY)).text
    apart = page[page.index('id="skjult"') :]
    assert "Hemmelig Tante" in apart
    assert "Hemmelig Tante" not in page[: page.index('id="skjult"')]
    await browser.post("/melding/1/1/pdf", reason=WHY)
    (printed,) = node.printer.printed
    assert "Hemmelig" not in str(printed)
    assert any("ikke gis videre" in note for note in printed.notes)


async def test_attachments_are_handed_out_as_files_and_each_is_on_record(node: Node, browser: Browser) -> None:
    files = (CaseFile("vedlegg-1.pdf", "application/pdf", b"%PDF-1.7"), CaseFile("side.html", "text/html", b"<script>"))
    await node.store_melding(await node.centre.melding(1, files=files))
    assert "vedlegg-1.pdf" in (await browser.post("/melding/1/1", reason=WHY)).text
    first = await browser.post("/melding/1/1/vedlegg/1", reason=WHY)
    second = await browser.post("/melding/1/1/vedlegg/2", reason=WHY)
    assert (first.content, first.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert second.headers["content-type"] == "application/octet-stream"
    assert "attachment" in second.headers["content-disposition"]
    assert "sandbox" in second.headers["content-security-policy"]
    assert (await browser.post("/melding/1/1/vedlegg/3", reason=WHY)).status_code == 404
    assert [each.act for each in await node.store.access_list(FIRST)].count("attachment") == 3


async def test_a_pdf_is_an_opening_too(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    answer = await browser.post("/melding/1/1/pdf", reason=WHY)
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-made-up", "application/pdf")
    assert [each.act for each in await node.store.access_list(FIRST)] == ["pdf"]
    assert (await node.store.find(FIRST)).state is State.OPENED


async def test_what_does_not_open_is_said_and_is_not_opened(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1, raw_case=b"no.jwe.at.all.here"))
    for path in ("/melding/1/1", "/melding/1/1/pdf"):
        page = await browser.post(path, reason=WHY)
        assert page.status_code == 200
        assert "lar seg ikke åpne" in page.text
    assert {each.act for each in await node.store.access_list(FIRST)} == {"read", "pdf", "unreadable"}
    assert (await node.store.find(FIRST)).state is State.NEW
    assert (await browser.post("/melding/1/1/vedlegg/1", reason=WHY)).status_code == 404


async def test_what_is_sealed_to_another_key_is_said(tmp_path: Path) -> None:
    node = await new_node(tmp_path, keys=ReceiverKeys({"another": "case"}))
    browser = node.browser()
    await browser.log_in()
    await node.store_melding(await node.centre.melding(1))
    assert "en nøkkel som denne noden ikke har" in (await browser.post("/melding/1/1", reason=WHY)).text
    assert (await node.store.find(FIRST)).opened_at is None


async def test_a_document_that_nobody_knows_is_shown_as_text(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1, document={"melding": "<b>Oppdiktet</b>"}))
    page = (await browser.post("/melding/1/1", reason=WHY)).text
    assert "ren tekst" in page
    assert "&lt;b&gt;Oppdiktet&lt;/b&gt;" in page
    await browser.post("/melding/1/1/pdf", reason=WHY)
    assert "<b>Oppdiktet</b>" in str(node.printer.printed)


async def test_a_document_of_another_kommune_or_type_is_noted(node: Node, browser: Browser) -> None:
    document = {**PRIVAT, "kommunenummer": "0301"}
    await node.store_melding(await node.centre.melding(1, document=document, type="offentlig"))
    page = (await browser.post("/melding/1/1", reason=WHY)).text
    assert "annet kommunenummer" in page
    assert "annen type" in page


async def test_a_tick_confirms_once_it_says_how(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    assert (await browser.post("/melding/1/1/confirm", reason="")).status_code == 422
    answer = await browser.post("/melding/1/1/confirm", reason="Sak 26/1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/melding/1/1")
    page = (await browser.get("/melding/1/1")).text
    assert "Bekreftet" in page
    assert "Sak 26/1" in page
    assert "/confirm" not in page


async def test_what_is_on_its_way_cannot_be_opened_yet(node: Node, browser: Browser) -> None:
    melding = await node.centre.melding(1)
    await node.store.remember_heads([melding.arrival()], node.clock.now())
    assert "ikke hentet og kontrollert ennå" in (await browser.get("/melding/1/1")).text
    assert (await browser.post("/melding/1/1", reason=WHY)).status_code == 404


async def test_a_form_without_the_pages_token_does_nothing(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    for path in ("/melding/1/1", "/melding/1/1/confirm", "/logout"):
        assert (await browser.http.post(path, data={"reason": WHY})).status_code == 403
    assert await node.store.access_list(FIRST) == []


@pytest.mark.parametrize("path", ["/melding/1/2", "/melding/0/1", f"/melding/1/{2**63}", "/finnes-ikke"])
async def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_bodies_are_small_and_never_multipart(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    files = {"reason": ("a.txt", b"x" * 10)}
    multipart = await browser.http.post("/melding/1/1", files=files, headers={"x-csrftoken": browser.csrf})
    assert multipart.status_code == 400
    large = await browser.call("/api/v1/meldinger/1/1/read", {"reason": "x" * 70_000})
    assert (large.status_code, large.json()["error"]["reason"]) == (413, "TOO_LARGE")
    assert await node.store.access_list(FIRST) == []


async def test_no_answer_may_be_kept_framed_or_referred_onward(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    answers = [await browser.get("/"), await browser.post("/melding/1/1", reason=WHY), await browser.get("/nei")]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert "<script" not in answer.text


async def test_cookies_are_for_http_alone_and_named_for_the_node(node: Node) -> None:
    answer = await node.browser().get("/login")
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "-s=" in each]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert cookie.startswith("samvern-")
    assert URL not in cookie


class _Form(HTMLParser):
    """Collects what a screen reader needs: landmarks, headings, labels."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def ids(self, tag: str, name: str) -> list[str | None]:
        return [attributes.get(name) for found, attributes in self.tags if found == tag]


async def test_pages_have_landmarks_one_main_heading_and_labelled_fields(node: Node, browser: Browser) -> None:
    await node.store_melding(await node.centre.melding(1))
    pages = [await browser.get("/"), await browser.get("/melding/1/1"), await browser.post("/melding/1/1", reason=WHY)]
    for page in pages:
        parsed = _Form()
        parsed.feed(page.text)
        names = [tag for tag, _ in parsed.tags]
        assert [names.count(each) for each in ("main", "header", "footer", "h1", "title")] == [1] * 5
        assert dict(parsed.tags)["html"]["lang"] == "nb"
        labels = parsed.ids("label", "for")
        fields = [each for tag, each in parsed.tags if tag == "input" and each.get("type") != "hidden"]
        assert all(each["id"] in labels for each in fields)
        known = [each.get("id") for _, each in parsed.tags]
        for _, each in parsed.tags:
            for name in ("aria-labelledby", "aria-describedby"):
                assert all(target in known for target in (each.get(name) or "").split())


async def test_time_stands_in_norwegian_time(node: Node, browser: Browser) -> None:
    received = node.clock.now() + timedelta(hours=15)
    await node.store_melding(await node.centre.melding(1, received_at=received.strftime("%Y-%m-%dT%H:%M:%SZ")))
    assert "man. 23.11.2026 kl. 01.00" in (await browser.get("/")).text
    assert "mandag 23. november 2026 kl. 01.00" in (await browser.get("/melding/1/1")).text
