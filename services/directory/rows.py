"""How tables and tjenester lie in rows. Each function runs inside a transaction of the store."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from libs.db.database import Transaction
from libs.statements.snapshot import Bydel, Endring, Kommune, Postnummer
from libs.values import Bydelsnummer, Place, TjenesteId
from services.directory.certificates import read_certificate
from services.directory.domain import Connected, Logged, Tjeneste
from services.directory.tables import Tables


async def insert_tables(tx: Transaction, tables: Tables) -> None:
    """These tables stand, and no other rows."""
    await tx.execute("/* delete_tables */ DELETE FROM kommune")
    await tx.execute("/* delete_tables */ DELETE FROM utgaatt_nummer")
    await tx.execute("/* delete_tables */ DELETE FROM postnummer")
    await tx.execute("/* delete_tables */ DELETE FROM bydel")
    await tx.executemany(
        """/* insert_kommune */
        INSERT INTO kommune (nummer, navn, navn_offisielt, navn_alle, fylkesnummer, fylke, nettsted)
        VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        [
            (each.nummer, each.navn, each.navn_offisielt, each.navn_alle, each.fylkesnummer, each.fylke, each.nettsted)
            for each in tables.kommuner
        ],
    )
    await tx.executemany(
        """/* insert_utgaatt_nummer */
        INSERT INTO utgaatt_nummer (nummer, navn, sluttdato, naavaerende)
        VALUES ($1, $2, $3, $4)""",
        [
            (each.gammelt_nummer, each.gammelt_navn, date.fromisoformat(each.dato), each.naavaerende)
            for each in tables.endringer
        ],
    )
    await tx.executemany(
        """/* insert_postnummer */
        INSERT INTO postnummer (nummer, sted, kommuner, kategori)
        VALUES ($1, $2, $3, $4)""",
        [(each.nummer, each.sted, each.kommuner, each.kategori) for each in tables.postnummer],
    )
    await tx.executemany(
        """/* insert_bydel */
        INSERT INTO bydel (kommune, nummer, navn, har_egen_tjeneste)
        VALUES ($1, $2, $3, $4)""",
        [(each.kommune, each.nummer, each.navn, each.har_egen_tjeneste) for each in tables.bydeler],
    )


async def select_tables(tx: Transaction) -> Tables:
    """The tables as stored, each in order of number."""
    kommuner = await tx.fetch(
        """/* select_kommuner */
        SELECT nummer, navn, navn_offisielt, navn_alle, fylkesnummer, fylke, nettsted
        FROM kommune
        ORDER BY nummer"""
    )
    endringer = await tx.fetch(
        """/* select_utgaatte_numre */
        SELECT nummer, navn, sluttdato, naavaerende
        FROM utgaatt_nummer
        ORDER BY nummer"""
    )
    postnummer = await tx.fetch(
        "/* select_postnummer */ SELECT nummer, sted, kommuner, kategori FROM postnummer ORDER BY nummer"
    )
    bydeler = await tx.fetch(
        "/* select_bydeler */ SELECT kommune, nummer, navn, har_egen_tjeneste FROM bydel ORDER BY kommune, nummer"
    )
    sha256 = await tx.fetchval("/* select_tables_sha256 */ SELECT tables_sha256 FROM directory_state")
    return Tables(
        kommuner=tuple(Kommune(**{**row, "navn_alle": tuple(row["navn_alle"])}) for row in kommuner),
        endringer=tuple(
            Endring(row["nummer"], row["navn"], row["sluttdato"].isoformat(), tuple(row["naavaerende"]))
            for row in endringer
        ),
        postnummer=tuple(Postnummer(**{**row, "kommuner": tuple(row["kommuner"])}) for row in postnummer),
        bydeler=tuple(Bydel(**row) for row in bydeler),
        sha256=sha256,
    )


async def select_connected(tx: Transaction) -> Connected:
    """Who is connected now, in order of id, and every certificate that ever was."""
    tjenester = await tx.fetch(
        """/* select_tjenester */
        SELECT tjeneste_id, navn, channel, der, proof_public_key, telefon, is_demo, standard_bydel
        FROM tjeneste
        JOIN receiver_certificate USING (tjeneste_id)
        WHERE gyldig_til IS NULL AND key_id = case_key_id
        ORDER BY tjeneste_id COLLATE "C\""""
    )
    places = await tx.fetch(
        """/* select_places */
        SELECT tjeneste_id, kommune, bydel
        FROM tjeneste_place
        WHERE is_valid
        ORDER BY kommune, bydel"""
    )
    certificates = await tx.fetch(
        "/* select_certificates */ SELECT key_id, tjeneste_id, log_index FROM receiver_certificate ORDER BY log_index"
    )
    by_id: dict[str, list[Place]] = {}
    for row in places:
        by_id.setdefault(row["tjeneste_id"], []).append(Place.parse(row["kommune"], row["bydel"]))
    return Connected(
        tuple(_tjeneste(row, by_id[row["tjeneste_id"]]) for row in tjenester),
        {row["key_id"]: Logged(TjenesteId(row["tjeneste_id"]), row["log_index"]) for row in certificates},
    )


async def end_tjeneste(tx: Transaction, tjeneste_id: TjenesteId, now: datetime) -> None:
    """No state of the tjeneste is valid from now on."""
    await tx.execute(
        "/* end_tjeneste */ UPDATE tjeneste SET gyldig_til = $2 WHERE tjeneste_id = $1 AND gyldig_til IS NULL",
        str(tjeneste_id),
        now,
    )
    await tx.execute(
        "/* end_places */ UPDATE tjeneste_place SET is_valid = false WHERE tjeneste_id = $1 AND is_valid",
        str(tjeneste_id),
    )


async def insert_tjeneste(tx: Transaction, tjeneste: Tjeneste, log_index: int | None, now: datetime) -> None:
    """This state of the tjeneste is valid from now on. `log_index` None: its certificate is stored already."""
    name, certificate = str(tjeneste.id), tjeneste.certificate
    if log_index is not None:
        await tx.execute(
            """/* insert_certificate */
            INSERT INTO receiver_certificate (tjeneste_id, key_id, purpose, der, log_index, added_at)
            VALUES ($1, $2, 'case', $3, $4, $5)
            ON CONFLICT (tjeneste_id, key_id) DO NOTHING""",
            *(name, certificate.key_id, certificate.der, log_index, now),
        )
    revision = await tx.fetchval(
        """/* insert_tjeneste */
        INSERT INTO tjeneste (
          tjeneste_id, revision, gyldig_fra, navn, channel, case_key_id, proof_public_key, telefon, is_demo,
          standard_bydel
        )
        SELECT $1, coalesce(max(revision), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
        FROM tjeneste
        WHERE tjeneste_id = $1
        RETURNING revision""",
        *(name, now, tjeneste.navn, tjeneste.channel, certificate.key_id, tjeneste.proof_public_key),
        *(tjeneste.telefon, tjeneste.is_demo, str(tjeneste.standard_bydel) if tjeneste.standard_bydel else None),
    )
    await tx.executemany(
        """/* insert_places */
        INSERT INTO tjeneste_place (tjeneste_id, revision, kommune, bydel, is_valid)
        VALUES ($1, $2, $3, $4, true)""",
        [(name, revision, str(place.kommune), str(place.bydel)) for place in tjeneste.places],
    )


def _tjeneste(row: Any, places: Sequence[Place]) -> Tjeneste:
    standard = row["standard_bydel"]
    return Tjeneste(
        id=TjenesteId(row["tjeneste_id"]),
        navn=row["navn"],
        places=tuple(places),
        channel=row["channel"],
        certificate=read_certificate(row["der"]),
        proof_public_key=row["proof_public_key"],
        telefon=row["telefon"],
        is_demo=row["is_demo"],
        standard_bydel=Bydelsnummer(standard) if standard is not None else None,
    )
