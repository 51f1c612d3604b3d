"""samvern audit: re-compute both public logs."""

from pathlib import Path

import click
import msgspec

from libs.cli.audit_verify import Finding, verify_instance
from libs.cli.options import data_option, json_option
from libs.cli.refusals import in_norwegian
from libs.cli.sender import Sender


@click.group("audit")
def command() -> None:
    """Verify the key log and the event log."""


@command.command("verify")
@data_option
@json_option
def verify(data: Path, as_json: bool) -> None:
    """Read both logs from the portal as anybody could, and verify all of them.

    Signatures, every entry and tile, that each log begins with the one seen last time, and that every address label
    served is sealed to a certificate that stands in the key log. The checkpoints seen are kept for the next time.
    """
    with in_norwegian(), Sender.open(data) as sender:
        finding = verify_instance(sender)
    click.echo(msgspec.json.encode(finding) if as_json else as_text(finding))


def as_text(finding: Finding) -> str:
    """For a person."""
    lines = []
    for log in finding.logs:
        since = f"de første {log.kept_size} uendret siden sist" if log.kept_size is not None else "første kontroll"
        lines.append(f"{log.origin}: {log.size} linjer, {log.tiles} fliser, rot {log.root}; signert; {since}")
    keys = ", ".join(f"{place.tjeneste} ({place.kommune}-{place.bydel})" for place in finding.labels)
    lines.append(f"Etiketter mot nøkkelloggen: {len(finding.labels)} stemmer: {keys or 'ingen'}")
    if finding.unused:
        lines.append(f"I nøkkelloggen uten å stå i noen av disse etikettene: {', '.join(finding.unused)}")
    return "\n".join([*lines, "Alt stemmer."])
