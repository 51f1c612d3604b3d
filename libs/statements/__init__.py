"""Signed statements: label, snapshot, receipt, sequence head, proof and certification, in one envelope.

A statement is a JWS in compact form (RFC 7515), algorithm "Ed25519" (RFC 9864), with a `typ` each. It carries the
certification of its key in its header; the root that certifies is never inside, it is pinned by who verifies.
"""

from libs.statements.envelope import Root as Root
from libs.statements.envelope import SigningKey as SigningKey
from libs.statements.envelope import Typ as Typ
from libs.statements.envelope import peek as peek
from libs.statements.envelope import sign as sign
from libs.statements.envelope import verify as verify
from libs.statements.envelope import verify_as as verify_as
from libs.statements.envelope import verify_proof as verify_proof
