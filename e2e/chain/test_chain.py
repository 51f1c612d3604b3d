"""Each example arrives in the right inbox only, byte for byte, and its receipt proves it."""

import json
from pathlib import Path

import pytest

from e2e.instance import EXAMPLES, Instance, eventually, place_of

RECEIVERS = {
    "privat-bergen.json": "bergen",
    "offentlig-bergen-med-pdf.json": "bergen",
    "offentlig-flere-barn.json": "bergen",
    "privat-interkommunal.json": "indre-sogn",
    "offentlig-gammelt-kommunenummer.json": "bergen",
    "privat-oslo-gamle-oslo.json": "oslo-gamle-oslo",
}


def test_every_example_has_its_story() -> None:
    assert {path.name for path in EXAMPLES.glob("*.json")} == set(RECEIVERS)


@pytest.mark.parametrize("name", list(RECEIVERS))
def test_an_example_arrives_in_the_right_inbox_only_byte_for_byte(
    instance: Instance, tmp_path: Path, name: str
) -> None:
    # 1. A case system seals and sends it, and gets a receipt.
    example = EXAMPLES / name
    pdf = example.with_suffix(".pdf")
    attachments = ["--pdf", str(pdf)] if pdf.exists() else []
    document = instance.ok("melding", "send", str(example), *attachments, "--json")
    receipt = tmp_path / "kvittering.json"
    receipt.write_text(document, encoding="utf-8")
    said = json.loads(document)["innhold"]
    tjeneste = RECEIVERS[name]
    assert said["tjeneste"]["id"] == tjeneste

    # 2. The receipt holds offline, and no other byte of it would.
    instance.ok("receipt", "verify", str(receipt))
    forged = tmp_path / "endret.json"
    forged.write_text(document.replace(said["reference"], "SV-0000-0000-0"), encoding="utf-8")
    assert instance.run("receipt", "verify", str(forged)).returncode == 1

    # 3. The node proves that it has stored it; the sender sees it.
    instance.ok("melding", "status", str(receipt), "--wait", "stored")

    # 4. It is in the right inbox, and in no other.
    for node in instance.info["nodes"]:
        references = [melding["reference"] for melding in instance.inbox(node["tjeneste"])]
        assert (said["reference"] in references) == (node["tjeneste"] == tjeneste)

    # 5. A caseworker exports it: the very bytes that were sent.
    out = tmp_path / "ut"
    place = place_of(instance.node(tjeneste))
    instance.ok("inbox", "export", *place, said["reference"], "--reason", "Ny melding", "--out", str(out))
    assert next(out.rglob("bekymringsmelding.json")).read_bytes() == example.read_bytes()
    if attachments:
        assert [path.read_bytes() for path in out.rglob("*.pdf")] == [pdf.read_bytes()]

    # 6. Opening it shows at the sender.
    def steps() -> list[str]:
        return [step["step"] for step in instance.json("melding", "status", str(receipt))["steps"]]

    eventually("the status says opened", lambda: steps() == ["accepted", "stored", "opened"])


def test_the_public_logs_verify(instance: Instance) -> None:
    instance.ok("audit", "verify")
