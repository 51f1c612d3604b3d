// The page's script makes the very bytes that libs/sealing makes: the shared vectors hold here too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { b64, hex, sha256, unb64, utf8 } from "../../static/js/bytes.js";
import { bucketSize, packCase, packIdentity } from "../../static/js/case.js";
import { meldingDigest } from "../../static/js/digest.js";
import { fill, holds, localTime, readText } from "../../static/js/document.js";
import { derive, digitsOf, newSecret, parseDigits } from "../../static/js/secret.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const vectors = read("../../../../libs/sealing/vectors.json");
const forms = read("./forms.json");

for (const vector of vectors.digest) {
  test(`digest: ${vector.name}`, async () => {
    const parts = vector.parts.map((part) => ({ purpose: part.purpose, keyId: part.key_id, sha256: unb64(part.sha256) }));
    const digest = await meldingDigest(vector.suite, vector.melding_id, vector.receiver, vector.type, parts);
    assert.equal(b64(digest), vector.digest);
  });
}

for (const vector of vectors.case) {
  test(`case: ${vector.name}`, async () => {
    const manifest = {
      meldingId: vector.melding_id,
      documentVersion: vector.document_version,
      wantsNameWithheld: vector.wants_name_withheld,
      replyKey: vector.reply_key_x,
    };
    const files = vector.files.map((file) => ({ name: file.name, mediaType: file.media_type, content: unb64(file.content) }));
    const packed = await packCase(manifest, files);
    const content = unb64(vector.packed_without_padding);
    assert.equal(b64(packed.slice(0, content.length)), vector.packed_without_padding);
    assert.ok(packed.slice(content.length).every((byte) => byte === 0));
    assert.equal(packed.length, vector.packed_size_bytes);
  });
}

test("buckets", () => {
  for (const { size_bytes: size, bucket_bytes: bucket } of vectors.bucket) assert.equal(bucketSize(size), bucket);
});

for (const vector of vectors.secret) {
  test(`secret: ${vector.digits}`, async () => {
    assert.equal(digitsOf(unb64(vector.secret)), vector.digits);
    assert.equal(b64(parseDigits(vector.digits)), vector.secret);
    const derived = await derive(unb64(vector.secret));
    assert.deepEqual(derived, {
      lookupId: vector.lookup_id,
      accessToken: vector.access_token,
      accessTokenHash: vector.access_token_hash,
      replyPublicKey: vector.reply_public_key,
    });
  });
}

test("digits with one wrong are no secret", () => {
  for (const digits of vectors.secret_refused) assert.equal(parseDigits(digits), null);
});

test("a new secret is 16 bytes and comes back from its digits", () => {
  const secret = newSecret();
  assert.deepEqual(parseDigits(digitsOf(secret)), secret);
});

test("identity is one JSON object, padded with blanks to its bucket", () => {
  const packed = packIdentity("5f0d7c52-2f0e-4c0a-9f6e-0f5a4b8f1c11", { personnavn: "Nabo Fantasi" });
  assert.equal(packed.length, 4096);
  assert.equal(JSON.parse(new TextDecoder().decode(packed)).privatMelder.personnavn, "Nabo Fantasi");
});

test("the same answers give the same document and faults as in Python", async () => {
  for (const { kind, values, where, local_time: time, document, faults, sha256: expected } of forms) {
    const form = read(`../../forms/${kind}.nb.json`);
    const filled = fill(form, new Map(Object.entries(values)), where, time, "Samvern portal");
    assert.equal(JSON.stringify(filled.document), document);
    assert.equal(hex(await sha256(utf8(document))), expected);
    assert.deepEqual(filled.faults.map(({ name }) => name), faults);
  }
});

test("texts are read as in Python", () => {
  assert.equal(readText("  a \r\n b\r", true), "a \n b");
  assert.equal(readText("  a \r\n b  c ", false), "a b c");
  assert.ok(holds("fnr", "13097248022"));
  assert.ok(!holds("fnr", "13097248021"));
});

test("local time is Norway's, summer and winter", () => {
  assert.equal(localTime(new Date("2026-11-22T09:05:00Z")), "2026-11-22T10:05:00");
  assert.equal(localTime(new Date("2026-07-01T22:30:00Z")), "2026-07-02T00:30:00");
});
