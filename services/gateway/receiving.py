"""What becomes of a posted form in the sealing process: shown again, or sealed, sent and answered with its receipt."""

import asyncio
import hashlib

import msgspec
from litestar import Response

from libs.errors import KeyConflict, Malformed, OutcomeUnknown, Overloaded, TimedOut, Unavailable
from libs.rpc.backoff import backoff
from libs.sealing.documents import Document, DocumentRefused, validate
from libs.sealing.identity import PLACEHOLDER_NAME, PrivateReporter
from libs.statements import Root, Typ, verify
from libs.statements.payloads import Receipt, decode
from libs.world import Clock, Ids, Rng
from services.gateway.choosing import Chosen, choose
from services.gateway.filled import Fault, Filled, fill, with_one_less
from services.gateway.form_page import MAY_HAVE_ARRIVED, Attempt, FormPages, where_of
from services.gateway.form_reader import PostedForm
from services.gateway.forms import Kind
from services.gateway.labels import Labels
from services.gateway.limits import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_DOCUMENT_BYTES
from services.gateway.norwegian import local_time, megabytes
from services.gateway.places import Places
from services.gateway.receipt_page import receipt_page
from services.gateway.seal_here import Plain, Sealed, document_bytes, seal
from services.gateway.snapshot_cache import SnapshotCache
from services.gateway.upstream import Intake
from services.gateway.view import View

SEND = "send"
SUBMIT_ATTEMPTS = 4
"""The very same sealed bytes are sent again while the outcome is not known."""
SUBMIT_SECONDS = 40.0
"""All attempts together: no longer does a form stay in memory."""
RETRY_BASE_SECONDS = 0.3
RETRY_CAP_SECONDS = 2.0


class Receiving:
    """Takes forms in."""

    def __init__(
        self,
        view: View,
        pages: FormPages,
        snapshot: SnapshotCache,
        labels: Labels,
        intake: Intake,
        root: Root,
        clock: Clock,
        ids: Ids,
        rng: Rng,
    ) -> None:
        self._view = view
        self._pages = pages
        self._snapshot = snapshot
        self._labels = labels
        self._intake = intake
        self._root = root
        self._clock = clock
        self._ids = ids
        self._rng = rng

    async def take(self, kind: Kind, posted: PostedForm) -> Response[str]:
        """The receipt page, or the form again. Raises our errors when nothing could be accepted."""
        places = await self._snapshot.places()
        chosen = choose(places, {name: posted.values.get(name, "") for name in ("kommune", "bydel")})
        if not isinstance(chosen, Chosen):
            raise Malformed("the form is for a place that receives nothing here")
        if posted.values.get("handling") != SEND:
            return self._pages.show(kind, places, chosen, self._reshaped(kind, posted))
        form = self._pages.forms[kind]
        filled = fill(form, posted.values, where_of(places, chosen.place), local_time(self._clock.now()))
        faults = (*filled.faults, *self._identity_faults(kind, posted), *self._size_faults(filled, posted))
        if faults:
            return self._again(kind, places, chosen, posted, faults)
        try:
            return await self._sealed_and_sent(kind, chosen, posted, filled)
        except (Overloaded, OutcomeUnknown, TimedOut, Unavailable) as error:
            # What was written must not be lost with our answer; the form's key keeps it from being taken in twice.
            fault = Fault("send", self._view.texts.error(error.reason_name))
            return self._again(kind, places, chosen, posted, (fault,), MAY_HAVE_ARRIVED)

    def _reshaped(self, kind: Kind, posted: PostedForm) -> Attempt:
        """One child or guardian more or less; anything else only shows the form again."""
        values = {name: value for name, value in posted.values.items() if name != "handling"}
        action, _, rest = posted.values.get("handling", "").partition(":")
        path, _, index = rest.partition(":")
        for repeat in [section.repeat for section in self._pages.forms[kind].sections if section.repeat]:
            if repeat.path == path and action == "legg-til":
                values[f"{path}.{_next_index(values, path)}.personnavn"] = ""
            elif repeat.path == path and action == "fjern" and index.isdecimal():
                values = with_one_less(repeat, values, int(index))
        return Attempt(values, files_are_lost=bool(posted.files), form_key=_form_key(posted))

    def _again(
        self,
        kind: Kind,
        places: Places,
        chosen: Chosen,
        posted: PostedForm,
        faults: tuple[Fault, ...],
        status_code: int = 422,
    ) -> Response[str]:
        shown = _in_page_order(faults)
        attempt = Attempt(posted.values, shown, bool(posted.files), _form_key(posted), status_code)
        return self._pages.show(kind, places, chosen, attempt)

    def _identity_faults(self, kind: Kind, posted: PostedForm) -> list[Fault]:
        choice, texts = posted.values.get("identitet", ""), self._view.texts.pages["identitet"]
        if kind == "offentlig" or choice in ("kjent", "tilbakeholdt"):
            return []
        return [Fault("identitet", texts["anonym_feil"] if choice == "anonym" else texts["mangler"])]

    def _size_faults(self, filled: Filled, posted: PostedForm) -> list[Fault]:
        texts, total = self._view.texts.pages["skjema"], sum(len(file) for file in posted.files)
        if len(posted.files) > MAX_ATTACHMENTS:
            return [Fault("vedlegg", texts["vedlegg_for_mange"])]
        if any(not file.startswith(b"%PDF-") for file in posted.files):
            return [Fault("vedlegg", texts["vedlegg_ikke_pdf"])]
        if total > MAX_ATTACHMENT_BYTES:
            return [Fault("vedlegg", texts["vedlegg_for_stort"].replace("{brukt}", megabytes(total)))]
        if len(document_bytes(filled.document)) > MAX_DOCUMENT_BYTES:
            return [Fault("send", texts["for_langt"])]
        return []

    async def _sealed_and_sent(self, kind: Kind, chosen: Chosen, posted: PostedForm, filled: Filled) -> Response[str]:
        withheld = None
        if posted.values.get("identitet") == "tilbakeholdt" and kind == "privat":
            withheld = msgspec.convert(filled.document["privatMelder"], PrivateReporter)
            filled.document["privatMelder"] = {"personnavn": PLACEHOLDER_NAME}
        content = document_bytes(filled.document)
        plain = Plain(
            _valid(content), posted.files, withheld, posted.values.get("haster") == "ja", f"skjema-{_form_key(posted)}"
        )
        sealed = seal(plain, await self._labels.get(chosen.place), self._ids)
        try:
            statement = await self._submitted(sealed)
        except KeyConflict:
            texts = self._view.texts.pages["skjema"]
            return self._view.page(
                "melding.html", status_code=409, heading=texts["alt_sendt"], message=texts["alt_sendt_tekst"]
            )
        receipt = decode(verify(statement, Typ.RECEIPT, self._root), Receipt)
        sha256 = hashlib.sha256(content).hexdigest()
        shown = receipt_page(
            statement, receipt, self._view.texts.pages, secret=sealed.secret.digits, document_sha256=sha256
        )
        return self._view.page("kvittering.html", k=shown)

    async def _submitted(self, sealed: Sealed) -> str:
        try:
            async with asyncio.timeout(SUBMIT_SECONDS):
                return await self._repeated(sealed)
        except TimeoutError as error:
            raise OutcomeUnknown("no answer in time; it may or may not have been accepted") from error

    async def _repeated(self, sealed: Sealed) -> str:
        delays = backoff(self._rng, RETRY_BASE_SECONDS, RETRY_CAP_SECONDS)
        for _ in range(SUBMIT_ATTEMPTS - 1):
            try:
                return await self._intake.submit(sealed.request)
            except (OutcomeUnknown, Unavailable):
                await asyncio.sleep(next(delays))
        return await self._intake.submit(sealed.request)


def _valid(content: bytes) -> Document:
    try:
        return validate(content)
    except DocumentRefused as error:
        raise AssertionError("the form's own rules are at least as strict as the schema") from error


def _next_index(values: dict[str, str], path: str) -> int:
    found = [name.split(".")[1] for name in values if name.startswith(f"{path}.")]
    return max((int(index) for index in found if index.isdecimal()), default=-1) + 1


def _form_key(posted: PostedForm) -> str:
    key = posted.values.get("skjema", "")
    if not (16 <= len(key) <= 40 and key.isascii() and key.replace("-", "").replace("_", "").isalnum()):
        raise Malformed("the form does not carry its key")
    return key


def _in_page_order(faults: tuple[Fault, ...]) -> list[Fault]:
    """Faults of answers stand in order already; the choice of identity belongs before the reporter's name."""
    melder = [index for index, fault in enumerate(faults) if fault.name.startswith("privatMelder.")]
    identity = [fault for fault in faults if fault.name == "identitet"]
    others = [fault for fault in faults if fault.name != "identitet"]
    at = melder[0] if melder else len([fault for fault in others if fault.name not in ("vedlegg", "send")])
    return [*others[:at], *identity, *others[at:]]
