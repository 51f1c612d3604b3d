"""The published vectors (vectors.json) hold; the browser's code is tested against the same file."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from libs.errors import Malformed
from libs.sealing import base64url
from libs.sealing.case import CaseFile, Manifest, ReplyKey, bucket_size, open_case, pack_case
from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.jwe import check_part
from libs.sealing.secret import ReporterSecret
from libs.values import MeldingId, TjenesteId

VECTORS: dict[str, list[Any]] = json.loads((Path(__file__).parent.parent / "vectors.json").read_bytes())


@pytest.mark.parametrize("vector", VECTORS["digest"])
def test_digest(vector: dict[str, Any]) -> None:
    parts = [
        PartDigest(part["purpose"], part["key_id"], base64url.decode(part["sha256"]), part["size_bytes"])
        for part in vector["parts"]
    ]

    digest = melding_digest(
        vector["suite"], MeldingId(vector["melding_id"]), TjenesteId(vector["receiver"]), vector["type"], parts
    )

    assert base64url.encode(digest.value) == vector["digest"]


@pytest.mark.parametrize("vector", VECTORS["case"])
def test_case(vector: dict[str, Any]) -> None:
    reply_key = ReplyKey("OKP", "X25519", vector["reply_key_x"]) if "reply_key_x" in vector else None
    melding_id = MeldingId.parse(vector["melding_id"])
    manifest = Manifest(melding_id, vector["document_version"], vector["wants_name_withheld"], reply_key)
    files = [CaseFile(file["name"], file["media_type"], base64url.decode(file["content"])) for file in vector["files"]]
    without_padding = base64url.decode(vector["packed_without_padding"])

    packed = pack_case(manifest, files)

    assert packed == without_padding.ljust(vector["packed_size_bytes"], b"\x00")
    assert packed[4:].startswith(vector["manifest"].encode())
    assert base64url.encode(hashlib.sha256(packed).digest()) == vector["packed_sha256"]
    assert open_case(packed).manifest == manifest


@pytest.mark.parametrize("vector", VECTORS["bucket"])
def test_bucket(vector: dict[str, int]) -> None:
    assert bucket_size(vector["size_bytes"]) == vector["bucket_bytes"]


@pytest.mark.parametrize("vector", VECTORS["secret"])
def test_secret(vector: dict[str, str]) -> None:
    secret = ReporterSecret(base64url.decode(vector["secret"]))
    derived = secret.derive()

    assert ReporterSecret.parse(vector["digits"]) == secret
    assert secret.digits == vector["digits"]
    assert {name: base64url.encode(getattr(derived, name)) for name in vector if name not in ("secret", "digits")} == {
        name: value for name, value in vector.items() if name not in ("secret", "digits")
    }


@pytest.mark.parametrize("digits", VECTORS["secret_refused"])
def test_secret_refused(digits: str) -> None:
    with pytest.raises(Malformed):
        ReporterSecret.parse(digits)


@pytest.mark.parametrize("vector", VECTORS["jwe_header"])
def test_jwe_header(vector: dict[str, Any]) -> None:
    ciphertext = base64url.encode(bytes(vector["plaintext_bytes"]))
    segments = [vector["segment"], base64url.encode(bytes(384)), "A" * 16, ciphertext, "A" * 22]
    melding_id, receiver = MeldingId(vector["melding_id"]), TjenesteId(vector["receiver"])

    check_part(".".join(segments).encode(), vector["key_id"], melding_id, receiver, vector["purpose"])

    assert base64url.decode(vector["segment"]).decode() == vector["header"]
