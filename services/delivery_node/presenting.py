"""A KS report document as sections of labelled values, in the order and words of a text file.

Everything in the document is shown: what no layout names stands at the end under its own name, so that a newer
document hides nothing from an older node. Values stay text; whoever shows them escapes them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.delivery_node.facts import NORWAY
from services.delivery_node.texts import Field, Section, Texts

_ADDRESS_LINES = ("adresselinje1", "adresselinje2", "adresselinje3")
_ADDRESS_PLACE = ("postnummer", "poststed")


@dataclass(frozen=True, slots=True)
class ShownField:
    """One value with its label."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A heading and its values."""

    title: str
    fields: tuple[ShownField, ...]


def present(data: dict[str, Any], layout: Sequence[Section], texts: Texts) -> list[ShownSection]:
    """The document in sections; those without values are left out."""
    rest = dict(_leaves(data, ""))
    sections = []
    for section in layout:
        found = _at(data, section.at)
        objects = found if section.is_list and isinstance(found, list) else [found]
        for index, item in enumerate(objects):
            prefix = f"{section.at}[{index}]" if section.is_list else section.at
            fields = [shown for field in section.fields if (shown := _shown(field, item, prefix, rest, texts))]
            if fields:
                sections.append(ShownSection(section.title.replace("{n}", str(index + 1)), tuple(fields)))
    if rest:
        others = tuple(ShownField(path, _text(value, texts)) for path, value in rest.items())
        sections.append(ShownSection(texts.words["more"], others))
    return sections


def _shown(field: Field, item: Any, prefix: str, rest: dict[str, Any], texts: Texts) -> ShownField | None:
    value = _at(item, field.path)
    path = f"{prefix}.{field.path}" if prefix else field.path
    if value is None:
        return None
    if field.form == "address" and isinstance(value, dict):
        names = [name for name in (*_ADDRESS_LINES, *_ADDRESS_PLACE) if f"{path}.{name}" in rest]
        for name in names:
            rest.pop(f"{path}.{name}")
        return ShownField(field.label, _address(value) or texts.words["not_given"])
    if isinstance(value, dict | list) or path not in rest:
        return None
    rest.pop(path)
    if field.form == "moment":
        return ShownField(field.label, _local_moment(str(value), texts))
    return ShownField(field.label, _text(value, texts))


def _at(item: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _text(value: object, texts: Texts) -> str:
    if isinstance(value, bool):
        return texts.words["yes" if value else "no"]
    return str(value) if value not in ("", None) else texts.words["not_given"]


def _address(value: dict[str, Any]) -> str:
    lines = [str(value.get(name, "")) for name in _ADDRESS_LINES]
    lines.append(" ".join(str(value[name]) for name in _ADDRESS_PLACE if value.get(name)))
    return "\n".join(line for line in lines if line)


def _local_moment(text: str, texts: Texts) -> str:
    try:
        return moment_text(datetime.fromisoformat(text).replace(tzinfo=NORWAY), texts)
    except ValueError:
        return text


def date_text(day: date, texts: Texts) -> str:
    """The date with its weekday: "mandag 23. november 2026"."""
    return f"{texts.weekdays[day.weekday()]} {day.day}. {texts.months[day.month - 1]} {day.year}"


def moment_text(at: datetime, texts: Texts) -> str:
    """The moment as clocks in Norway show it: "søndag 22. november 2026 kl. 10.00"."""
    local = at.astimezone(NORWAY)
    return f"{date_text(local.date(), texts)} kl. {local:%H.%M}"


def short_date_text(day: date, texts: Texts) -> str:
    """For lists: "man. 23.11.2026"."""
    return f"{texts.weekdays[day.weekday()][:3]}. {day:%d.%m.%Y}"


def short_moment_text(at: datetime, texts: Texts) -> str:
    """For lists: "søn. 22.11.2026 kl. 10.00"."""
    local = at.astimezone(NORWAY)
    return f"{short_date_text(local.date(), texts)} kl. {local:%H.%M}"
