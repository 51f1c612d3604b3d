"""A melding ready to be sent: sealed to the receiver of a verified label, with the key that makes repeating it safe.

Building it touches nothing outside. The bytes of `body` can be kept and sent again after a crash: they are sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

import msgspec

from libs.errors import LabelRefused, Malformed, StatementRefused, TooLarge
from libs.sealing import base64url
from libs.sealing.case import DOCUMENT_NAME, CaseFile, DocumentVersion, Manifest, ReplyKey, pack_case
from libs.sealing.digest import PartDigest, melding_digest
from libs.sealing.documents import Document, Kind
from libs.sealing.jwe import SUITE, key_id_of, seal_part
from libs.sealing.secret import ReporterSecret
from libs.statements import Root, Typ, peek, verify, verify_as
from libs.statements.envelope import unb64
from libs.statements.payloads import Label, Receipt, decode, moment
from libs.values import MAX_BODY_BYTES, Digest, MeldingId, TjenesteId
from libs.world import Ids

_KEY_BYTES = 18


@dataclass(frozen=True, slots=True)
class Address:
    """A verified address label."""

    label: Label
    statement: str

    @classmethod
    def verified(cls, statement: str, root: Root, now: datetime) -> Self:
        """The address that the statement gives. Raises StatementRefused, or LabelRefused when it is past its end."""
        label = decode(verify(statement, Typ.LABEL, root), Label)
        if now >= moment(label.accept_until):
            raise LabelRefused(f"the label ended at {label.accept_until}; fetch a new one")
        return cls(label, statement)

    @property
    def receiver(self) -> TjenesteId:
        """Who receives."""
        return TjenesteId.parse(self.label.tjeneste.id)

    def certificate(self) -> tuple[str, bytes]:
        """Key id and DER of the certificate to seal the case to. Raises LabelRefused when there is none."""
        for certificate in self.label.certificates:
            der = unb64(certificate.der)
            if certificate.purpose == "case" and certificate.key_id == key_id_of(der):
                return certificate.key_id, der
        raise LabelRefused("the label holds no certificate for the case part")


class WirePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed part as the native API carries it; `sealed` is the compact JWE."""

    purpose: str
    key_id: str
    sealed: str


class WireSubmission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The body of POST /api/native/v1/meldinger; bytes are base64url without padding."""

    format: Literal["samvern-submit-1"]
    idempotency_key: str
    melding_id: str
    type: Kind
    suite: str
    label: str
    parts: tuple[WirePart, ...]
    digest: str
    sealed_at: Literal["browser", "sender"]
    is_urgent: bool = False
    lookup_id: str | None = None
    access_token_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What is sent, and what its receipt must say."""

    body: bytes
    idempotency_key: str
    melding_id: MeldingId
    receiver: TjenesteId
    digest: Digest

    @classmethod
    def restored(cls, body: bytes) -> Self:
        """The submission of a body that `build_submission` made and somebody kept. Raises Malformed."""
        try:
            wire = msgspec.json.decode(body, type=WireSubmission)
            receiver = TjenesteId.parse(decode(peek(wire.label), Label).tjeneste.id)
        except (msgspec.MsgspecError, StatementRefused) as error:
            raise Malformed("this is not a submission that was kept") from error
        digest = Digest.parse(base64url.decode(wire.digest))
        return cls(body, wire.idempotency_key, MeldingId.parse(wire.melding_id), receiver, digest)

    def verified(self, receipt: str, root: Root) -> Receipt:
        """The receipt, if it is a true one for this submission. Raises StatementRefused."""
        said = verify_as(receipt, Typ.RECEIPT, root, Receipt, lambda said: said.received_at)
        ours = (str(self.melding_id), str(self.receiver), base64url.encode(self.digest.value))
        if (said.melding_id, said.tjeneste.id, said.digest) != ours:
            raise StatementRefused("the receipt is for another melding than the one that was sent")
        return said


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be sealed: the document byte for byte, and PDF attachments."""

    kind: Kind
    version: DocumentVersion
    document: bytes
    attachments: Sequence[bytes] = ()

    @classmethod
    def of(cls, document: Document, attachments: Sequence[bytes] = ()) -> Self:
        """A document that was found valid, and PDF files. Raises Malformed when one is something else."""
        for index, attachment in enumerate(attachments, 1):
            if not attachment.startswith(b"%PDF-"):
                raise Malformed(f"attachment {index} is not a PDF")
        version: DocumentVersion = "privat.v2" if document.kind == "privat" else "offentlig.v2"
        return cls(document.kind, version, document.content, tuple(attachments))


def build_submission(
    address: Address,
    content: Content,
    ids: Ids,
    secret: ReporterSecret | None = None,
    *,
    is_urgent: bool = False,
    idempotency_key: str | None = None,
) -> Submission:
    """The submission, sealed. `secret` lets the sender follow it later; without `idempotency_key` one is drawn.

    Raises Malformed, LabelRefused, or TooLarge when the whole is above the one limit.
    """
    melding_id = MeldingId.parse(str(ids.uuid4()))
    derived = secret.derive() if secret else None
    manifest = Manifest(melding_id, content.version, False, ReplyKey.of(derived.reply_public_key) if derived else None)
    key_id, certificate = address.certificate()
    sealed = seal_part(pack_case(manifest, _files(content)), certificate, key_id, melding_id, address.receiver, "case")
    part = PartDigest.of("case", key_id, sealed)
    digest = melding_digest(SUITE, melding_id, address.receiver, content.kind, [part])
    wire = WireSubmission(
        format="samvern-submit-1",
        idempotency_key=idempotency_key or base64url.encode(ids.token(_KEY_BYTES)),
        melding_id=str(melding_id),
        type=content.kind,
        suite=SUITE,
        label=address.statement,
        parts=(WirePart("case", key_id, sealed.decode("ascii")),),
        digest=base64url.encode(digest.value),
        sealed_at="sender",
        is_urgent=is_urgent,
        lookup_id=base64url.encode(derived.lookup_id) if derived else None,
        access_token_hash=base64url.encode(derived.access_token_hash) if derived else None,
    )
    body = msgspec.json.encode(wire)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(f"the sealed melding has {len(body)} bytes, expected at most {MAX_BODY_BYTES}")
    return Submission(body, wire.idempotency_key, melding_id, address.receiver, digest)


def _files(content: Content) -> list[CaseFile]:
    attachments = [
        CaseFile(f"vedlegg-{index}.pdf", "application/pdf", pdf) for index, pdf in enumerate(content.attachments, 1)
    ]
    return [CaseFile(DOCUMENT_NAME, "application/json", content.document), *attachments]
