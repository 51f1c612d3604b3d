"""A receiver's certificate, and payloads that keys would sign."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from libs.keystore import MemoryKeystore, SelfSigned
from libs.sealing import base64url
from libs.sealing.jwe import key_id_of
from libs.statements.envelope import kid_of
from libs.statements.payloads import Certificate, Label, Named, Numbered, ProofKey
from libs.statements.snapshot import Bydel, Kommune, ServedPlace, Snapshot, Tjeneste

ENDS = datetime(2028, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Payloads:
    """Whole payloads of one tjeneste, to be changed with msgspec.structs.replace."""

    label: Label
    snapshot: Snapshot


async def _certificate() -> bytes:
    keystore = MemoryKeystore()
    await keystore.ensure_unwrapping_key("case")
    contents = SelfSigned("oppdiktet", 1, datetime(2026, 11, 1, tzinfo=UTC), ENDS)
    return await keystore.certify_unwrapping_key("case", contents)


@pytest.fixture(scope="session")
def payloads() -> Payloads:
    der = asyncio.run(_certificate())
    certificates = (Certificate("case", key_id_of(der), base64url.encode(der), 0),)
    proof_keys = (ProofKey(kid_of(bytes(32)), base64url.encode(bytes(32))),)
    label = Label(
        tjeneste=Named("bergen", "Bergen barneverntjeneste"),
        kommune=Numbered("4601", "Bergen"),
        bydel=Numbered("00", "Bergen"),
        channel="own_node",
        custody="node",
        certificates=certificates,
        proof_keys=proof_keys,
        directory_version=1,
        issued_at="2026-11-22T09:00:00Z",
        fresh_until="2026-11-23T09:00:00Z",
        accept_until="2028-11-01T00:00:00Z",
    )
    tjeneste = Tjeneste(
        id="bergen",
        navn="Bergen barneverntjeneste",
        channel="own_node",
        custody="node",
        places=(ServedPlace("4601", "00"),),
        certificates=certificates,
        proof_keys=proof_keys,
        telefon="",
        is_demo=True,
        standard_bydel="00",
    )
    snapshot = Snapshot(
        version=1,
        issued_at="2026-11-22T09:00:00Z",
        kommuner=(Kommune("4601", "Bergen", "Bergen", ("Bergen",), "46", "Vestland", "www.bergen.kommune.no"),),
        endringer=(),
        postnummer=(),
        bydeler=(Bydel("4601", "01", "Arna", False),),
        tjenester=(tjeneste,),
    )
    return Payloads(label, snapshot)
