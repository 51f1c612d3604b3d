"""What a snapshot says of the tables and the tjenester."""

from datetime import datetime

from libs.sealing import base64url
from libs.statements.envelope import kid_of
from libs.statements.payloads import Certificate, ProofKey, timestamp
from libs.statements.snapshot import ServedPlace, Snapshot
from libs.statements.snapshot import Tjeneste as Published
from services.directory.domain import Connected, Tjeneste
from services.directory.tables import Tables


def snapshot_of(version: int, now: datetime, tables: Tables, connected: Connected) -> Snapshot:
    """The snapshot of this version, issued now."""
    return Snapshot(
        version=version,
        issued_at=timestamp(now),
        kommuner=tables.kommuner,
        endringer=tables.endringer,
        postnummer=tables.postnummer,
        bydeler=tables.bydeler,
        tjenester=tuple(_published(tjeneste, connected) for tjeneste in connected.tjenester),
    )


def _published(tjeneste: Tjeneste, connected: Connected) -> Published:
    certificate = tjeneste.certificate
    # Certificates are stored with the index of their entry only: none can be published before the key log has it.
    log_index = connected.certificates[certificate.key_id].log_index
    return Published(
        id=str(tjeneste.id),
        navn=tjeneste.navn,
        channel=tjeneste.channel,
        custody="node",
        places=tuple(ServedPlace(str(place.kommune), str(place.bydel)) for place in tjeneste.places),
        certificates=(Certificate("case", certificate.key_id, base64url.encode(certificate.der), log_index),),
        proof_keys=(ProofKey(kid_of(tjeneste.proof_public_key), base64url.encode(tjeneste.proof_public_key)),),
        telefon=tjeneste.telefon,
        is_demo=tjeneste.is_demo,
        standard_bydel=str(tjeneste.standard_bydel) if tjeneste.standard_bydel is not None else "",
    )
