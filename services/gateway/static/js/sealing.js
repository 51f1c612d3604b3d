// Seals a melding to the receiver of a verified label, as services/gateway/seal_here.py does without JavaScript.

import { CompactEncrypt, importX509 } from "../vendor/jose/jose.js";
import { b64, sha256, unb64, utf8 } from "./bytes.js";
import { packCase, packIdentity } from "./case.js";
import { meldingDigest } from "./digest.js";
import { derive, digitsOf, newSecret } from "./secret.js";

const SUITE = "jwe";

// label: {statement, said}. content: {kind, document: bytes, attachments: [bytes], withheld: privatMelder or null}.
export async function sealMelding(label, content, idempotencyKey, isUrgent) {
  const secret = newSecret();
  const derived = await derive(secret);
  const meldingId = crypto.randomUUID();
  const receiver = label.said.tjeneste.id;
  const certificate = await caseCertificate(label.said);
  const manifest = {
    meldingId,
    documentVersion: `${content.kind}.v2`,
    wantsNameWithheld: content.withheld !== null,
    replyKey: derived.replyPublicKey,
  };
  const plain = [["case", await packCase(manifest, filesOf(content))]];
  if (content.withheld) plain.push(["identity", packIdentity(meldingId, content.withheld)]);
  const parts = [];
  const digests = [];
  for (const [purpose, bytes] of plain) {
    const sealed = await sealPart(bytes, certificate, meldingId, receiver, purpose);
    parts.push({ purpose, key_id: certificate.keyId, sealed });
    digests.push({ purpose, keyId: certificate.keyId, sha256: await sha256(utf8(sealed)) });
  }
  const digest = b64(await meldingDigest(SUITE, meldingId, receiver, content.kind, digests));
  const submission = {
    format: "samvern-submit-1",
    idempotency_key: idempotencyKey,
    melding_id: meldingId,
    type: content.kind,
    suite: SUITE,
    label: label.statement,
    parts,
    digest,
    sealed_at: "browser",
    is_urgent: isUrgent,
    lookup_id: derived.lookupId,
    access_token_hash: derived.accessTokenHash,
  };
  return { body: JSON.stringify(submission), meldingId, receiver, digest, digits: digitsOf(secret) };
}

export async function sealPart(plaintext, certificate, meldingId, receiver, purpose) {
  const header = {
    alg: "RSA-OAEP-256",
    enc: "A256GCM",
    typ: "samvern-part+jwe",
    kid: certificate.keyId,
    mid: meldingId,
    rcv: receiver,
    pur: purpose,
    len: plaintext.length,
  };
  return new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(certificate.key);
}

// The label's certificate for the case part; its key id must be the SHA-256 of its bytes.
export async function caseCertificate(said) {
  for (const { purpose, key_id: keyId, der } of said.certificates) {
    const bytes = unb64(der);
    if (purpose !== "case" || b64(await sha256(bytes)) !== keyId) continue;
    const lines = btoa(String.fromCharCode(...bytes)).replace(/(.{64})(?=.)/g, "$1\n");
    const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----`;
    return { keyId, key: await importX509(pem, "RSA-OAEP-256") };
  }
  throw new Error("the label holds no certificate for the case part");
}

function filesOf(content) {
  const document = { name: "bekymringsmelding.json", mediaType: "application/json", content: content.document };
  const attachments = content.attachments.map((bytes, index) => ({
    name: `vedlegg-${index + 1}.pdf`,
    mediaType: "application/pdf",
    content: bytes,
  }));
  return [document, ...attachments];
}
