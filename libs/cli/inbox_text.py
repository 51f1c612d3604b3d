"""What the inbox commands tell a person at a terminal."""

import json
from collections.abc import Sequence
from typing import Any

from libs.cli.inbox import OpenedMelding

_STATES = {"underveis": "underveis", "ny": "ny", "apnet": "åpnet", "bekreftet": "bekreftet"}
_PROBLEMS = {
    "misaddressed": "Meldingen er forseglet til en nøkkel som noden ikke har.",
    "unreadable": "Meldingen lar seg ikke åpne.",
    "of_another_melding": "Innholdet sier selv at det hører til en annen melding.",
    "document_unknown": "Innholdet har ikke en form vi kjenner.",
    "another_type": "Innholdet er av en annen type enn kvitteringen sier.",
    "another_kommune": "Skjemaet nevner et annet kommunenummer enn adressen; kanskje et gammelt.",
    "identity_unreadable": "Melderens navn lar seg ikke åpne.",
}


def list_text(meldinger: Sequence[dict[str, Any]]) -> str:
    """One line each, newest first."""
    return "\n".join(_line(each) for each in meldinger) or "Ingen meldinger."


def _line(melding: dict[str, Any]) -> str:
    place = f"{melding['kommune']['nummer']}-{melding['bydel']['nummer']}"
    urgent = "  HASTER" if melding["is_urgent"] else ""
    state = _STATES.get(melding["state"], melding["state"])
    columns = f"{melding['number']:>6}  {melding['reference']}  {melding['received_at']}  {melding['type']:9}"
    return f"{columns}  {place}  {state:10} konklusjon innen {melding['conclusion_due']}{urgent}"


def opened_text(opened: OpenedMelding) -> str:
    """The content, the withheld name apart and marked."""
    lines = [_line(opened.melding), *(f"MERK: {_PROBLEMS.get(each, each)}" for each in opened.problems)]
    if opened.document is not None:
        lines += ["", json.dumps(opened.document, indent=2, ensure_ascii=False)]
    elif opened.files:
        lines += ["", opened.files[0].bytes.decode("utf-8", errors="replace")]
    if opened.reporter is not None:
        reporter = json.dumps(opened.reporter, indent=2, ensure_ascii=False)
        lines += ["", "MELDEREN BER OM AT NAVNET IKKE GIS VIDERE. Navnet er forseglet for seg selv:", reporter]
    lines += [f"Vedlegg: {file.name} ({file.media_type}, {file.size_bytes} byte)" for file in opened.files[1:]]
    return "\n".join(lines)
