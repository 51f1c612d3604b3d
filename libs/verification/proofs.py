"""Proofs of nodes, verified by the keys that the directory's snapshot names for their receiver."""

from collections.abc import Mapping

import msgspec

from libs.errors import StatementRefused, Unavailable
from libs.statements import peek, verify_proof
from libs.statements.envelope import unb64
from libs.statements.payloads import Proof, decode
from libs.statements.snapshot import Snapshot

RETRY_AFTER_SECONDS = 10.0


class ProofKeys:
    """Who signs proofs for whom, by one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._keys: Mapping[str, Mapping[str, bytes]] = {
            tjeneste.id: {key.kid: unb64(key.x) for key in tjeneste.proof_keys} for tjeneste in snapshot.tjenester
        }

    def verified(self, statement: str) -> Proof:
        """The proof, signed by a key of the receiver it speaks of.

        Raises StatementRefused; Unavailable when the snapshot knows no such key of the receiver: a newer one may.
        """
        claimed = decode(peek(statement), Proof)
        keys = self._keys.get(claimed.receiver, {})
        if _kid_of(statement) not in keys:
            detail = f"no snapshot held here names this proof key of tjeneste {claimed.receiver} yet"
            raise Unavailable(detail, retry_after_seconds=RETRY_AFTER_SECONDS)
        return verify_proof(statement, keys)


class _KeyId(msgspec.Struct, frozen=True):
    kid: str


def _kid_of(statement: str) -> str:
    try:
        return msgspec.json.decode(unb64(statement.partition(".")[0]), type=_KeyId).kid
    except msgspec.MsgspecError as error:
        raise StatementRefused("the proof's header is not one of ours") from error
