"""What people read, as data: language, version, owner and date stand in each file. The law changes, code need not."""

from pathlib import Path
from typing import Any, Self

import msgspec

FOLDER = Path(__file__).parent


class Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number that holds in the whole country."""

    number: str
    name: str
    when: str
    """When to call it."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: str
    version: str
    owner: str
    valid_from: str
    errors: dict[str, str]
    phones: tuple[Phone, ...]
    pages: dict[str, Any]


class Texts:
    """The texts of one language."""

    def __init__(self, document: _Document) -> None:
        self.language = document.language
        self.version = document.version
        self.pages = document.pages
        self.phones = document.phones
        self.errors = document.errors

    @classmethod
    def load(cls, language: str) -> Self:
        """The texts in texts/<language>.json."""
        return cls(msgspec.json.decode((FOLDER / f"{language}.json").read_bytes(), type=_Document))

    def error(self, reason: str) -> str:
        """What to tell a person of an error; KeyError never happens: a test holds the table against the enum."""
        return self.errors[reason]
