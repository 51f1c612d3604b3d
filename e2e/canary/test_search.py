"""The search finds a canary in each form it claims to; else finding nothing would mean nothing."""

import base64
import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest

from e2e.canary.search import search_bytes, search_files

CANARY = "Kanarifugl7Xq2"


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("melding.json", content)
    return file.getvalue()


PLANTED = {
    "utf-8": CANARY.encode(),
    "utf-16": f"før {CANARY} etter".encode("utf-16"),
    "utf-16-be": CANARY.encode("utf-16-be"),
    "hex": CANARY.encode().hex().encode(),
    "HEX": CANARY.encode().hex().upper().encode(),
    "utf-16 as hex": CANARY.encode("utf-16-le").hex().encode(),
    "zip": _zipped(b"x" * 5000 + CANARY.encode()),
    "zlib": zlib.compress(CANARY.encode() * 3),
    "gzip": gzip.compress(CANARY.encode()),
    "base64 in a zip": _zipped(base64.b64encode(b"ab" + CANARY.encode() + b"c")),
    **{f"base64 at {lead}": base64.b64encode(b"x" * lead + CANARY.encode() + b"yz") for lead in range(4)},
    **{f"base64url at {lead}": base64.urlsafe_b64encode(b"\xff" * lead + CANARY.encode()) for lead in range(4)},
}


@pytest.mark.parametrize("form", list(PLANTED))
def test_a_planted_canary_is_found(form: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0noise" * 100 + PLANTED[form] + b"noise" * 100)
    assert search_files([tmp_path], [CANARY])


def test_nothing_is_found_where_nothing_is() -> None:
    assert search_bytes("here", b"Kanarifug" + _zipped(b"nothing") + b"l7Xq", [CANARY]) == []
