"""The KS report documents (versions 1 and 2, reference: fiks-io-bekymringsmelding-protokoll): read and judged.

The schemas under schemas/ are written from KS's published ones and accept what those accept, apart from the moment of
sending, which KS declares with an offset but writes without one: the written form counts. Faults name the field and
what was expected there, never what stood there.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft201909Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from libs.errors import Malformed

Kind = Literal["privat", "offentlig"]
Version = Literal["privat.v1", "privat.v2", "offentlig.v1", "offentlig.v2"]

_SCHEMAS = Path(__file__).parent / "schemas"
_LOCAL_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.][0-9]{1,9})?)?")
_BOUNDS = {"minItems": ("too_few", "at least"), "maxItems": ("too_many", "at most")}
_TYPES = {"string": "text", "boolean": "true or false", "object": "an object", "array": "a list"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of a document."""

    path: str
    """Where, in the document's own words: "offentligBarn[0].adresse.adresselinje1"; "" is the whole document."""
    code: str
    """missing, wrong_type, too_few, too_many, not_json, unknown_document, or the schema's own, e.g. not_one_line."""
    expected: str
    """What should stand there, in a few English words."""


class DocumentRefused(Malformed):
    """A document has faults; `fields` lists them in the document's order."""

    def __init__(self, fields: Iterable[FieldError]) -> None:
        self.fields = tuple(fields)
        first = self.fields[0]
        where = first.path or "the document"
        super().__init__(f"fault 1 of {len(self.fields)}: {where}: expected {first.expected}")


@dataclass(frozen=True, slots=True)
class Document:
    """A report document that its schema accepts."""

    kind: Kind
    version: Version
    content: bytes
    """The bytes as they came; they are what is sealed and shown, never an encoding of `data`."""
    data: dict[str, Any]

    @property
    def kommunenummer(self) -> str:
        """Four digits, as the document has them: perhaps a number that is no longer in use."""
        return str(self.data["kommunenummer"])

    @property
    def bydelsnummer(self) -> str:
        """Two digits; 00 where none is named."""
        return str(self.data["bydelsnummer"])


def validate(content: bytes) -> Document:
    """The document, valid by version 2 of its kind, which is told by whose reporter it has. Raises DocumentRefused.

    Every document of version 1 is also one of version 2.
    """
    data = _parsed(content)
    kind = _kind(data)
    version: Version = "privat.v2" if kind == "privat" else "offentlig.v2"
    if faults := field_errors(data, version):
        raise DocumentRefused(faults)
    return Document(kind, version, content, data)


def field_errors(data: object, version: Version) -> list[FieldError]:
    """What the schema of that version finds wrong in parsed JSON, in the schema's order; empty when valid."""
    found = [fault for error in _validator(version).iter_errors(data) for fault in _faults(error)]
    return list(dict.fromkeys(found))


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        data = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DocumentRefused([FieldError("", "not_json", "JSON in UTF-8, each name once")]) from error
    if not isinstance(data, dict):
        raise DocumentRefused([FieldError("", "wrong_type", "an object")])
    return data


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _kind(data: dict[str, Any]) -> Kind:
    has_privat, has_offentlig = "privatMelder" in data, "offentligMelder" in data
    if has_privat == has_offentlig:
        raise DocumentRefused([FieldError("", "unknown_document", "either privatMelder or offentligMelder")])
    return "privat" if has_privat else "offentlig"


@cache
def _validator(version: Version) -> Draft201909Validator:
    schemas = [json.loads(file.read_bytes()) for file in sorted(_SCHEMAS.glob("*.json"))]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    formats = FormatChecker(formats=())
    formats.checks("local-date-time")(_is_local_time)
    return Draft201909Validator({"$ref": f"urn:samvern:schema:{version}"}, registry=registry, format_checker=formats)


def _is_local_time(value: object) -> bool:
    if not isinstance(value, str):
        return True  # Then the type is what is wrong.
    found = _LOCAL_TIME.fullmatch(value)
    if found is None:
        return False
    try:
        datetime(*(int(number or 0) for number in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001 - local
    except ValueError:
        return False
    return True


def _faults(error: ValidationError) -> list[FieldError]:
    """One fault, or one for each missing value (jsonschema tells their names only in its message)."""
    path = _path(error.absolute_path)
    rule: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        names = [name for name in rule if name not in instance]
        return [FieldError(f"{path}.{name}" if path else name, "missing", "a value") for name in names]
    if error.validator == "type":
        return [FieldError(path, "wrong_type", _TYPES[rule])]
    if error.validator in _BOUNDS:
        code, bound = _BOUNDS[error.validator]
        return [FieldError(path, code, f"{bound} {rule}")]
    assert isinstance(error.schema, dict)  # A pattern or format stands in a schema that is an object.
    return [FieldError(path, error.schema["x-code"], error.schema["description"])]


def _path(steps: Iterable[str | int]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")
