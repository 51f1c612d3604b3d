"""The case part: packed and opened."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Malformed, SealMalformed
from libs.sealing.case import Case, CaseFile, Manifest, ReplyKey, bucket_size, open_case, pack_case
from libs.values import MeldingId

MELDING_ID = MeldingId("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11")
MANIFEST = Manifest(MELDING_ID, "privat.v2", False, ReplyKey.of(bytes(range(32))))
DOCUMENT = CaseFile("bekymringsmelding.json", "application/json", b'{"melding": "oppdiktet"}')
PDF = CaseFile("vedlegg-1.pdf", "application/pdf", b"%PDF-oppdiktet")


@given(
    st.binary(max_size=5000),
    st.lists(st.binary(max_size=70_000), max_size=3),
    st.booleans(),
    st.one_of(st.none(), st.binary(min_size=32, max_size=32).map(ReplyKey.of)),
)
def test_what_was_packed_is_opened(
    document: bytes, attachments: list[bytes], is_withheld: bool, reply_key: ReplyKey | None
) -> None:
    files = [CaseFile(DOCUMENT.name, DOCUMENT.media_type, document)]
    files += [CaseFile(f"vedlegg-{n}.pdf", "application/pdf", content) for n, content in enumerate(attachments, 1)]
    manifest = Manifest(MELDING_ID, "offentlig.v2", is_withheld, reply_key)

    packed = pack_case(manifest, files)

    assert open_case(packed) == Case(manifest, tuple(files))
    assert len(packed) == bucket_size(len(packed))


@given(st.integers(0, 10_000_000))
def test_a_bucket_holds_its_content_and_few_bytes_more(size: int) -> None:
    bucket = bucket_size(size)

    assert bucket >= size
    assert bucket <= max(4096, 2 * size, size + 65536)
    assert bucket in (4096, 8192, 16384, 32768) or bucket % 65536 == 0


def test_the_document_comes_back_byte_for_byte() -> None:
    assert open_case(pack_case(MANIFEST, [DOCUMENT, PDF])).document == DOCUMENT.content


@given(st.integers(0, 4095), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_stands_in_the_manifest(place: int, flip: int) -> None:
    packed = bytearray(pack_case(MANIFEST, [DOCUMENT, PDF]))
    manifest_end = 4 + int.from_bytes(packed[:4], "big")
    packed[place] ^= flip

    try:
        case = open_case(bytes(packed))
    except SealMalformed:
        return
    assert 4 <= place < manifest_end
    assert [file.content for file in case.files] == [DOCUMENT.content, PDF.content]


@pytest.mark.parametrize(
    "files",
    [
        [],
        [PDF],
        [DOCUMENT, DOCUMENT],
        [DOCUMENT, CaseFile("../vedlegg.pdf", "application/pdf", b"")],
        [DOCUMENT, CaseFile("vedlegg-1.pdf", "application/pdf\n", b"")],
        [DOCUMENT] * 101,
    ],
)
def test_files_that_nobody_could_open_are_not_packed(files: list[CaseFile]) -> None:
    with pytest.raises(Malformed):
        pack_case(MANIFEST, files)


def packed_by_hand(manifest: object, content: bytes) -> bytes:
    head = json.dumps(manifest).encode()
    body = len(head).to_bytes(4, "big") + head + content
    return body.ljust(bucket_size(len(body)), b"\x00")


def manifest_by_hand(**changes: object) -> dict[str, object]:
    file = {"name": DOCUMENT.name, "media_type": DOCUMENT.media_type, "size": len(DOCUMENT.content)}
    file["sha256"] = hashlib.sha256(DOCUMENT.content).hexdigest()
    manifest = {"format": "samvern-case-1", "melding_id": str(MELDING_ID), "files": [file]}
    return {**manifest, "wants_name_withheld": False, "document_version": "privat.v2", **changes}


def test_a_manifest_of_a_newer_sender_with_more_fields_opens() -> None:
    packed = packed_by_hand(manifest_by_hand(something_new=[1, 2]), DOCUMENT.content)

    assert open_case(packed) == Case(Manifest(MELDING_ID, "privat.v2"), (DOCUMENT,))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "samvern-case-2"},
        {"melding_id": "x"},
        {"files": []},
        {"files": [{"name": DOCUMENT.name, "media_type": "application/json", "size": -1, "sha256": ""}]},
        {"files": [{"name": DOCUMENT.name, "media_type": "application/json", "size": 1 << 60, "sha256": ""}]},
        {"reply_key": {"kty": "OKP", "crv": "X25519", "x": "AAAA"}},
        {"reply_key": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}},
        {"wants_name_withheld": "no"},
        {"document_version": "privat.v9"},
    ],
)
def test_a_manifest_of_another_form_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SealMalformed):
        open_case(packed_by_hand(manifest_by_hand(**changes), DOCUMENT.content))


@pytest.mark.parametrize("plaintext", [b"", b"\x00" * 4096, b"\xff" * 4096, b"\x00\x00\x00\x02{}".ljust(4096, b"\x00")])
def test_what_is_no_case_is_refused(plaintext: bytes) -> None:
    with pytest.raises(SealMalformed):
        open_case(plaintext)


def test_padding_that_is_missing_too_long_or_not_zero_is_refused() -> None:
    packed = pack_case(MANIFEST, [DOCUMENT])

    for wrong in (packed.rstrip(b"\x00"), packed + b"\x00", packed + bytes(4096), packed[:-1] + b"x"):
        with pytest.raises(SealMalformed):
            open_case(wrong)
