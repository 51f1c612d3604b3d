"""Statements that are checked against their own time: their key was certified at the moment they say they were made."""

from libs.statements import Root, Typ, verify
from libs.statements.payloads import Label, decode, moment
from libs.statements.snapshot import Snapshot


def verified_label(statement: str, root: Root) -> Label:
    """What an address label says; whether it has ended is for the caller to compare. Raises StatementRefused."""
    label = decode(verify(statement, Typ.LABEL, root), Label)
    verify(statement, Typ.LABEL, root, at=moment(label.issued_at))
    return label


def verified_snapshot(statement: str, root: Root) -> Snapshot:
    """What a snapshot of the directory says, of whatever age. Raises StatementRefused."""
    snapshot = decode(verify(statement, Typ.SNAPSHOT, root), Snapshot)
    verify(statement, Typ.SNAPSHOT, root, at=moment(snapshot.issued_at))
    return snapshot
