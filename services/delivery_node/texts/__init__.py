"""What people read, as data: language, version, owner and date stand in each file. The law changes, code need not."""

from pathlib import Path
from typing import Any, Literal, Self

import msgspec

FOLDER = Path(__file__).parent


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one value of a KS document is shown."""

    path: str
    """Name in the document, e.g. "personnavn"; dots lead inward."""
    label: str
    form: Literal["text", "address", "moment"] = "text"


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of values under a heading."""

    title: str
    """With {n} where there is one section for each item of a list."""
    fields: tuple[Field, ...]
    at: str = ""
    """The object that the fields lie in; "" for the document itself."""
    is_list: bool = False
    """Whether `at` is a list of such objects."""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of one language."""

    language: str
    version: str
    owner: str
    valid_from: str
    errors: dict[str, str]
    """By reason of libs/errors."""
    states: dict[str, str]
    acts: dict[str, str]
    types: dict[str, str]
    problems: dict[str, str]
    findings: dict[str, str]
    layouts: dict[str, tuple[Section, ...]]
    """By type of the document, in the order in which a caseworker reads."""
    weekdays: tuple[str, ...]
    """From Monday."""
    months: tuple[str, ...]
    words: dict[str, str]
    """Small words inside values: yes, no, not_given, more."""
    pages: dict[str, Any]
    print_: dict[str, str] = msgspec.field(name="print")

    @classmethod
    def load(cls, language: str) -> Self:
        """The texts in texts/<language>.json."""
        return msgspec.json.decode((FOLDER / f"{language}.json").read_bytes(), type=cls)
