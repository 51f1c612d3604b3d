"""What of an opened melding stands in its PDF: all but the reporter's withheld identity and the attachments' bytes.

A PDF goes into case files, which parties may see; the identity part never does.
"""

from services.delivery_node.domain import IDENTITY
from services.delivery_node.opening import Opened
from services.delivery_node.pages.view import View, attachments, raw_text
from services.delivery_node.presenting import ShownField, ShownSection
from services.delivery_node.printing.printer import PrintedMelding


def printed(opened: Opened, view: View) -> PrintedMelding:
    """The melding as text."""
    arrival = opened.listed.arrival
    words = view.texts.print_
    raw = raw_text(opened)
    sections = view.sections(opened)
    if raw is not None:
        sections = [ShownSection(words["raw"], (ShownField("", raw),))]
    notes = view.problems(opened)
    if IDENTITY in [part.purpose for part in arrival.parts]:
        notes.append(words["withheld"])
    return PrintedMelding(
        title=words["title"],
        reference=str(arrival.reference),
        tjeneste=view.tjeneste,
        is_urgent=arrival.is_urgent,
        facts=(
            ShownField(words["for"], view.tjeneste),
            ShownField(words["reference"], str(arrival.reference)),
            ShownField(words["number"], str(arrival.which.number)),
            ShownField(words["received"], view.moment(arrival.received_at)),
            ShownField(words["type"], view.texts.types[arrival.type]),
        ),
        notes=notes,
        sections=sections,
        attachments=[file.name for file in attachments(opened)],
        made=words["made"].format(at=view.moment(opened.opened_at), name=opened.person.name),
        words=words,
    )
