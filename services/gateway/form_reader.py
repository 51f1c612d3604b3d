"""Reads a posted form in memory. What a frightened person writes never touches a disk here, not even as a spool.

Litestar and most libraries spool large uploads to temporary files; `multipart`'s push parser hands out bytes instead.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from libs.errors import Malformed, SamvernError, TimedOut, TooLarge
from libs.web.admission import Place
from libs.web.body import BodyLimits, BodyUnread, drain, next_chunk, refuse_announced
from services.gateway.limits import MAX_ATTACHMENTS, MAX_FIELD_BYTES, MAX_FORM_FIELDS
from services.gateway.reading import AnyRequest

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
_BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})"?')


@dataclass(slots=True)
class PostedForm:
    """Answers by name, and files in the order they came, empty ones left out."""

    values: dict[str, str] = field(default_factory=dict)
    files: list[bytes] = field(default_factory=list)


def read_urlencoded(body: bytes) -> Mapping[str, str]:
    """A small form without files. Raises Malformed."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except (ValueError, UnicodeDecodeError) as error:
        raise Malformed("the body is not a form in UTF-8") from error
    return dict(pairs)


async def read_multipart(request: AnyRequest, limits: BodyLimits, place: Place) -> PostedForm:
    """The form, read under the limits of size and time as it comes. Raises BodyUnread, Malformed."""
    boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
    if boundary is None:
        raise BodyUnread(Malformed("the form names no boundary"))
    refuse_announced(request.headers, limits)
    collector = _Collector()
    try:
        async with asyncio.timeout(limits.total_seconds):
            with PushMultipartParser(boundary[1], max_segment_count=MAX_FORM_FIELDS) as parser:
                more, size_bytes = True, 0
                while more:
                    chunk, more = await next_chunk(request.receive, limits)
                    size_bytes += len(chunk)
                    if size_bytes > limits.max_bytes:
                        await drain(request.receive, is_more=more)
                        raise TooLarge(f"the form is larger than the limit of {limits.max_bytes} bytes")
                    place.hold(len(chunk))
                    # To the parser no bytes mean the end; from the line they mean nothing.
                    collector.take(parser.parse(chunk) if chunk else ())
    except TimeoutError as error:
        raise BodyUnread(TimedOut("the form came too slowly")) from error
    except MultipartError as error:
        raise BodyUnread(Malformed("the form is not multipart/form-data of a browser")) from error
    except SamvernError as error:
        raise BodyUnread(error) from error
    return collector.form


class _Collector:
    """Puts together what the parser hands out."""

    def __init__(self) -> None:
        self.form = PostedForm()
        self._segment: MultipartSegment | None = None
        self._content = bytearray()

    def take(self, events: Iterable[MultipartSegment | bytes | None]) -> None:
        """Takes events: a segment begins, bytes of it, None at its end."""
        for event in events:
            if isinstance(event, MultipartSegment):
                self._segment, self._content = event, bytearray()
            elif event is None:
                self._end()
            else:
                self._content += event
                if self._segment is not None and not self._segment.filename and len(self._content) > MAX_FIELD_BYTES:
                    raise TooLarge(f"an answer is longer than {MAX_FIELD_BYTES} bytes")

    def _end(self) -> None:
        segment, self._segment = self._segment, None
        assert segment is not None, "the parser ends only what it began"
        if segment.filename is None:
            try:
                self.form.values[segment.name] = self._content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise Malformed("an answer is not UTF-8") from error
        elif self._content:
            if len(self.form.files) > MAX_ATTACHMENTS:
                raise TooLarge("too many files")
            self.form.files.append(bytes(self._content))
