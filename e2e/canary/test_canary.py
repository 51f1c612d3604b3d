"""Nothing readable of a report lies in any database, log, spool or file, also after the worst moment to die."""

import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from e2e.canary.documents import Canary, encoded
from e2e.canary.search import search_bytes, search_files
from e2e.databases import databases, dump
from e2e.instance import Instance, eventually, place_of
from libs.values import MAX_BODY_BYTES


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that every process of the instance has as its TMPDIR."""
    folder = tmp_path / "tmp"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_nothing_readable_of_a_report_lies_anywhere(temporary: Path, own_instance: Instance, tmp_path: Path) -> None:
    instance, canary = own_instance, Canary()
    # 1. Reports with a canary in every field, and one in the PDF, arrive and are read, exported and made to a PDF.
    work = tmp_path / "kanari"
    work.mkdir()
    for name, document in (("privat", canary.privat()), ("offentlig", canary.offentlig())):
        (work / f"{name}.json").write_bytes(encoded(document))
        (work / f"{name}.pdf").write_bytes(canary.pdf())
        _send_and_open(instance, work / f"{name}.json", work / f"{name}.pdf")

    # 2. The sealing process is killed in the middle of an upload of 4 MB.
    _die_in_the_middle_of_an_upload(instance, canary)

    # 3. What this test wrote itself is taken away; a copy planted on purpose is found, in a file of the data folder.
    shutil.rmtree(work)
    planted = instance.data / "log" / "planted"
    planted.write_bytes(canary.word.encode("utf-16"))
    places = [instance.data, temporary, Path("/dev/shm")]
    assert {found.place for found in search_files(places, canary.all)} == {str(planted)}
    planted.unlink()

    # 4. Databases are searched once more as their own dump.
    for database in databases(instance, "_owner"):
        content = dump(database)
        assert content
        assert search_bytes(f"dump of {database.name}", content, canary.all) == []


def _send_and_open(instance: Instance, file: Path, attachment: Path) -> None:
    receipt = file.with_suffix(".kvittering")
    receipt.write_text(instance.ok("melding", "send", str(file), "--pdf", str(attachment), "--json"), encoding="utf-8")
    instance.ok("melding", "status", str(receipt), "--wait", "stored")
    place = place_of(instance.node("bergen"))
    for melding in instance.inbox("bergen"):
        instance.ok("inbox", "read", *place, melding["reference"], "--reason", "Leser")
        out = file.parent / melding["reference"]
        instance.ok("inbox", "export", *place, melding["reference"], "--reason", "Tar ut", "--out", str(out))


def _die_in_the_middle_of_an_upload(instance: Instance, canary: Canary) -> None:
    sealing = urlsplit(instance.info["sealing"])
    assert sealing.hostname is not None
    head = (
        f"POST /melding/privat HTTP/1.1\r\nHost: {sealing.netloc}\r\nContent-Length: {MAX_BODY_BYTES}\r\n"
        "Content-Type: multipart/form-data; boundary=grense\r\n\r\n"
        '--grense\r\nContent-Disposition: form-data; name="vedlegg"; filename="x.pdf"\r\n\r\n'
    )
    with socket.create_connection((sealing.hostname, sealing.port or 80), timeout=10) as upload:
        upload.sendall(head.encode() + canary.pdf(4_000_000))
        instance.kill("gateway-sealing")
    eventually("the sealing process is back", instance.is_healthy)
