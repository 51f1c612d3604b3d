"""Statements that are checked against their own time: their key was certified at the moment they say they were made."""

from libs.statements import Root, Typ, verify_as
from libs.statements.payloads import Label
from libs.statements.snapshot import Snapshot


def verified_label(statement: str, root: Root) -> Label:
    """What an address label says; whether it has ended is for the caller to compare. Raises StatementRefused."""
    return verify_as(statement, Typ.LABEL, root, Label, lambda label: label.issued_at)


def verified_snapshot(statement: str, root: Root) -> Snapshot:
    """What a snapshot of the directory says, of whatever age. Raises StatementRefused."""
    return verify_as(statement, Typ.SNAPSHOT, root, Snapshot, lambda snapshot: snapshot.issued_at)
