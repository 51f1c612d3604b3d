"""From a posted form to the KS document: what is read, what is missing. Pure; static/js/document.js does the same.

Answers are trimmed, line breaks become LF, and what is empty and not required is left out, as KS's schema asks.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.forms import Field, Form, Repeat

PHONE = re.compile(r"[+]?[0-9]+([- ][0-9]+)*")
EMAIL = re.compile(
    r"[A-Za-zæøåÆØÅ0-9_-]+([.][A-Za-zæøåÆØÅ0-9_-]+)*@[A-Za-zæøåÆØÅ0-9-]+([.][A-Za-zæøåÆØÅ0-9-]+)*[.][A-Za-z]{2,}"
)
DELIVERED_BY = "Samvern portal"
"""`leveringskanal` of the document: the sending organisation's name."""

_LINE_BREAKS = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
_FNR_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer."""

    name: str
    """The field's name in the page."""
    message: str


@dataclass(frozen=True, slots=True)
class Where:
    """The place as the document names it."""

    kommunenummer: str
    kommunenavn: str
    bydelsnummer: str
    bydelsnavn: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was read."""

    document: dict[str, Any]
    faults: tuple[Fault, ...]


def fill(form: Form, values: Mapping[str, str], where: Where, local_time: str) -> Filled:
    """The document of these answers, and every fault in the page's order. `local_time`: Norwegian, without offset."""
    document: dict[str, Any] = {
        "kommunenummer": where.kommunenummer,
        "kommunenavn": where.kommunenavn,
        "bydelsnummer": where.bydelsnummer,
        "bydelsnavn": where.bydelsnavn,
    }
    faults: list[Fault] = []
    for section in form.sections:
        for prefix, target in _targets(document, section.repeat, values):
            for field in section.fields:
                answer, fault = _answer(form, field, f"{prefix}{field.path}", values)
                faults += [fault] if fault else []
                if answer is not None:
                    _place(target, field.path, answer)
    document["sendingstidspunkt"] = local_time
    document["leveringskanal"] = DELIVERED_BY
    return Filled(document, tuple(faults))


def count(repeat: Repeat, values: Mapping[str, str]) -> int:
    """How many children or guardians the posted form has."""
    found = [int(match[1]) for name in values if (match := re.match(rf"{repeat.path}\.([0-9]{{1,2}})\.", name))]
    return max(repeat.min, min(repeat.max, max(found, default=0) + 1))


def with_one_less(repeat: Repeat, values: Mapping[str, str], index: int) -> dict[str, str]:
    """The answers without those of one child or guardian; the later ones move up."""
    kept: dict[str, str] = {}
    for name, value in values.items():
        match = re.match(rf"{repeat.path}\.([0-9]{{1,2}})\.(.*)", name)
        at = int(match[1]) if match else -1
        if match is None or at < index:
            kept[name] = value
        elif at > index:
            kept[f"{repeat.path}.{at - 1}.{match[2]}"] = value
    return kept


def _targets(
    document: dict[str, Any], repeat: Repeat | None, values: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if repeat is None:
        yield "", document
        return
    entries: list[dict[str, Any]] = [{} for _ in range(count(repeat, values))]
    document[repeat.path] = entries
    for index, entry in enumerate(entries):
        yield f"{repeat.path}.{index}.", entry


def _place(target: dict[str, Any], path: str, answer: Any) -> None:
    *folders, last = path.split(".")
    for folder in folders:
        target = target.setdefault(folder, {})
    target[last] = answer


def _answer(form: Form, field: Field, name: str, values: Mapping[str, str]) -> tuple[Any, Fault | None]:
    if field.type == "address":
        return _address(form, field, name, values), None
    text = read_text(values.get(name, ""), is_long=field.type == "textarea")
    if field.type == "checkbox":
        return text == "ja", None
    if field.type == "yesno":
        return text == "ja", None if text in ("ja", "nei") else Fault(name, field.missing)
    if field.rule in ("fnr", "orgnr"):
        text = text.replace(" ", "")
    if not text:
        is_kept = field.keep_empty or field.required
        return "" if is_kept else None, Fault(name, field.missing) if field.required else None
    return text, None if holds(field.rule, text) else Fault(name, form.messages[field.rule])


def _address(form: Form, field: Field, name: str, values: Mapping[str, str]) -> dict[str, str] | None:
    lines = {line: read_text(values.get(f"{name}.{line}", ""), is_long=False) for line in form.address_labels}
    if field.optional and not any(lines.values()):
        return None
    return {line: text for line, text in lines.items() if text or line == "adresselinje1"}


def read_text(text: str, *, is_long: bool) -> str:
    """An answer without what surrounds it; several lines only where the question has room for them."""
    lines = _LINE_BREAKS.sub("\n", text).strip()
    return lines if is_long else " ".join(lines.split())


def holds(rule: str, text: str) -> bool:
    """Whether an answer that is not empty follows the rule."""
    if rule == "phone":
        return PHONE.fullmatch(text) is not None
    if rule == "email":
        return EMAIL.fullmatch(text) is not None
    if rule == "fnr":
        return _is_number(text, 11) and all(_sum(text, weights) % 11 == 0 for weights in _FNR_WEIGHTS)
    if rule == "orgnr":
        return _is_number(text, 9)
    return True


def _is_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdecimal()


def _sum(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
