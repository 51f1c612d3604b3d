// The digest of a melding, as libs/sealing/digest.py: SHA-256 over a domain separator and length-prefixed fields.

import { concat, sha256, uint32, utf8 } from "./bytes.js";

const DOMAIN = utf8("samvern-melding-digest-v1\u0000");

// parts: [{purpose, keyId, sha256: 32 bytes}]
export async function meldingDigest(suite, meldingId, receiver, type, parts) {
  const fields = [suite, meldingId, receiver, type, String(parts.length)].map(utf8);
  for (const part of parts) fields.push(utf8(part.purpose), utf8(part.keyId), part.sha256);
  const framed = fields.flatMap((field) => [uint32(field.length), field]);
  return sha256(concat(DOMAIN, ...framed));
}
