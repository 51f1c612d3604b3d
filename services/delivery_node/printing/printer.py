"""Turns a melding's sections into PDF, off the loop: typst is quick, but what people write may be long."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor  # noqa: TID251 - an adapter; tests have a printer without threads
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
import typst

from libs.errors import Overloaded
from services.delivery_node.presenting import ShownField, ShownSection

TEMPLATE = Path(__file__).parent / "melding.typ"
STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1 (ISO 14289-1): tagged, with a title and language, so that screen readers follow it."""
MAX_WAITING = 8
"""PDFs asked for at once; one is made at a time."""


class PrintedMelding(msgspec.Struct, frozen=True):
    """What stands in the PDF, all of it text."""

    title: str
    reference: str
    tjeneste: str
    is_urgent: bool
    facts: Sequence[ShownField]
    notes: Sequence[str]
    sections: Sequence[ShownSection]
    attachments: Sequence[str]
    made: str
    words: dict[str, str]


class Printer(Protocol):
    """Makes PDFs."""

    async def pdf(self, melding: PrintedMelding, at: datetime) -> bytes:
        """The PDF. Raises Overloaded."""
        ...


class TypstPrinter:
    """One thread that runs typst; nothing is written anywhere."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self._template = TEMPLATE.read_bytes()
        self._waiting = 0

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["TypstPrinter"]:
        """A printer whose thread ends with the block."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="typst")
        try:
            yield cls(thread)
        finally:
            thread.shutdown(wait=False, cancel_futures=True)

    async def pdf(self, melding: PrintedMelding, at: datetime) -> bytes:
        """As in Printer."""
        if self._waiting >= MAX_WAITING:
            raise Overloaded("too many PDFs are being made", retry_after_seconds=5.0)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()  # noqa: TID251 - an adapter
            return await loop.run_in_executor(self._thread, compile_pdf, self._template, melding, at)
        finally:
            self._waiting -= 1


def compile_pdf(template: bytes, melding: PrintedMelding, at: datetime) -> bytes:
    """The PDF; with a character that our fonts lack it is tagged, but not declared to be PDF/UA-1."""
    inputs = {"data": json.dumps(msgspec.to_builtins(melding), ensure_ascii=False)}
    options: dict[str, Any] = {"format": "pdf", "timestamp": int(at.timestamp())}
    compiler = typst.Compiler(template, ignore_system_fonts=True, sys_inputs=inputs)
    try:
        compiled = compiler.compile(pdf_standards=[STANDARD], **options)
    except typst.TypstError:
        # The error's text may quote the melding, so it goes nowhere.
        compiled = typst.Compiler(template, ignore_system_fonts=True, sys_inputs=inputs).compile(**options)
    assert isinstance(compiled, bytes)  # One document, no output file: bytes.
    return compiled
