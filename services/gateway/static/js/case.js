// The case and identity parts before they are sealed, as libs/sealing/case.py and identity.py.

import { concat, hex, sha256, uint32, utf8 } from "./bytes.js";

const SMALL_BUCKETS = [4096, 8192, 16384, 32768, 65536];
const BUCKET_STEP_BYTES = 65536;

export function bucketSize(sizeBytes) {
  const small = SMALL_BUCKETS.find((bucket) => sizeBytes <= bucket);
  return small ?? Math.ceil(sizeBytes / BUCKET_STEP_BYTES) * BUCKET_STEP_BYTES;
}

function padded(content, filler) {
  const whole = new Uint8Array(bucketSize(content.length)).fill(filler);
  whole.set(content);
  return whole;
}

// files: [{name, mediaType, content}], the report document first. replyKey: 32 bytes, or absent.
export async function packCase({ meldingId, documentVersion, wantsNameWithheld, replyKey }, files) {
  const entries = [];
  for (const file of files) {
    const digest = hex(await sha256(file.content));
    entries.push({ name: file.name, media_type: file.mediaType, size: file.content.length, sha256: digest });
  }
  const manifest = { format: "samvern-case-1", melding_id: meldingId, files: entries };
  if (replyKey) manifest.reply_key = { kty: "OKP", crv: "X25519", x: replyKey };
  manifest.wants_name_withheld = wantsNameWithheld;
  manifest.document_version = documentVersion;
  const head = utf8(JSON.stringify(manifest));
  return padded(concat(uint32(head.length), head, ...files.map((file) => file.content)), 0);
}

export function packIdentity(meldingId, privatMelder) {
  const blank = 32;
  return padded(utf8(JSON.stringify({ format: "samvern-identity-1", melding_id: meldingId, privatMelder })), blank);
}
