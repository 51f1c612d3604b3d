"""The two forms as data: what is asked, how it is worded, and where each answer stands in the KS document.

The same definition drives the page, the reading here and the reading in the browser (static/js/document.js), so both
make the same document of the same answers. A field's name is its path in the document: "privatBarn.0.personnavn".
"""

from pathlib import Path
from typing import Literal, Self

import msgspec

FOLDER = Path(__file__).parent

Kind = Literal["privat", "offentlig"]
FieldType = Literal["text", "tel", "email", "textarea", "checkbox", "yesno", "address"]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question."""

    path: str
    """Where its answer stands: in the document, or in each entry of a repeated section."""
    label: str
    type: FieldType
    hint: str = ""
    required: bool = False
    missing: str = ""
    """What to say when it is required and empty."""
    rule: Literal["", "phone", "email", "fnr", "orgnr"] = ""
    keep_empty: bool = False
    """The schema wants the field even when nothing is known: it is sent as ""."""
    optional: bool = False
    """An address that is left out when all of it is empty; others are sent with an empty first line."""
    rows: int = 0
    inputmode: str = ""


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section that stands once for each child or guardian."""

    path: str
    min: int
    max: int
    title: str
    add: str
    remove: str


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Questions under one heading."""

    id: str
    heading: str
    help: tuple[str, ...]
    fields: tuple[Field, ...]
    repeat: Repeat | None = None
    identity: bool = False
    """Here a private reporter also chooses who may know."""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form in one language."""

    language: str
    version: str
    owner: str
    valid_from: str
    kind: Kind
    title: str
    intro: tuple[str, ...]
    address_labels: dict[str, str]
    """The lines of an address, in the document's order."""
    messages: dict[str, str]
    """What to say when a rule does not hold."""
    sections: tuple[Section, ...]

    @classmethod
    def load(cls, kind: Kind, language: str) -> Self:
        """The form in forms/<kind>.<language>.json."""
        return msgspec.json.decode((FOLDER / f"{kind}.{language}.json").read_bytes(), type=cls)
