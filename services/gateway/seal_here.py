"""Seals a form in memory for a browser without JavaScript. Plaintext lives here for the length of one request.

The same as static/js/sealing.js does in a browser: case part, identity part where the name is withheld, digest, and
the reporter's secret. Only the sealing process has a route that leads here; its receipts name it among the readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from libs.errors import LabelRefused
from libs.sealing.case import DOCUMENT_NAME, CaseFile, DocumentVersion, Manifest, ReplyKey, pack_case
from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.documents import Document
from libs.sealing.identity import PURPOSE as IDENTITY
from libs.sealing.identity import PrivateReporter, pack_identity
from libs.sealing.jwe import SUITE, key_id_of, seal_part
from libs.sealing.secret import SECRET_BYTES, ReporterSecret
from libs.statements.envelope import unb64
from libs.values import MeldingId, TjenesteId
from libs.world import Ids
from samvern.intake.v1.intake_pb2 import SubmitMeldingRequest
from samvern.types.v1 import types_pb2
from services.gateway.labels import VerifiedLabel

_TYPE = {"privat": types_pb2.MELDING_TYPE_PRIVAT, "offentlig": types_pb2.MELDING_TYPE_OFFENTLIG}


@dataclass(frozen=True, slots=True)
class Plain:
    """What is to be sealed."""

    document: Document
    attachments: Sequence[bytes]
    withheld: PrivateReporter | None
    """Who reports, when the name shall travel apart; the document then has a placeholder."""
    is_urgent: bool
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is sent, and the secret that only the reporter gets."""

    request: SubmitMeldingRequest
    secret: ReporterSecret


def seal(plain: Plain, address: VerifiedLabel, ids: Ids) -> Sealed:
    """The sealed melding. Raises LabelRefused where the label has nothing to seal to."""
    secret = ReporterSecret(ids.token(SECRET_BYTES))
    derived = secret.derive()
    melding_id = MeldingId.parse(str(ids.uuid4()))
    receiver = TjenesteId.parse(address.label.tjeneste.id)
    key_id, certificate = _case_certificate(address)
    reply_key = ReplyKey.of(derived.reply_public_key)
    manifest = Manifest(melding_id, _version(plain.document), plain.withheld is not None, reply_key)
    contents = {"case": pack_case(manifest, _files(plain))}
    if plain.withheld is not None:
        contents[IDENTITY] = pack_identity(melding_id, plain.withheld)
    sealed = {
        purpose: seal_part(content, certificate, key_id, melding_id, receiver, purpose)
        for purpose, content in contents.items()
    }
    digests = [PartDigest.of(purpose, key_id, part) for purpose, part in sealed.items()]
    request = SubmitMeldingRequest(
        sender_scope="portal",
        idempotency_key=plain.idempotency_key,
        melding_id=str(melding_id),
        type=_TYPE[plain.document.kind],
        suite=SUITE,
        label=address.statement,
        parts=[types_pb2.SealedPart(purpose=purpose, key_id=key_id, sealed=part) for purpose, part in sealed.items()],
        digest=melding_digest(SUITE, melding_id, receiver, plain.document.kind, digests).value,
        sealed_at=types_pb2.SEALING_PLACE_PROCESS,
        is_urgent=plain.is_urgent,
        lookup_id=derived.lookup_id,
        access_token_hash=derived.access_token_hash,
    )
    return Sealed(request, secret)


def document_bytes(document: dict[str, object]) -> bytes:
    """The document as it is sealed: JSON without blanks, UTF-8, fields in the form's order."""
    return msgspec.json.encode(document)


def _version(document: Document) -> DocumentVersion:
    return "privat.v2" if document.kind == "privat" else "offentlig.v2"


def _case_certificate(address: VerifiedLabel) -> tuple[str, bytes]:
    for certificate in address.label.certificates:
        der = unb64(certificate.der)
        if certificate.purpose == "case" and certificate.key_id == key_id_of(der):
            return certificate.key_id, der
    raise LabelRefused("the label holds no certificate for the case part")


def _files(plain: Plain) -> list[CaseFile]:
    attachments = [
        CaseFile(f"vedlegg-{index}.pdf", "application/pdf", content)
        for index, content in enumerate(plain.attachments, 1)
    ]
    return [CaseFile(DOCUMENT_NAME, "application/json", plain.document.content), *attachments]
