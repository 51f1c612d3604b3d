// Verifies signed statements from the pinned root, as libs/statements/envelope.py: the very bytes that were signed, the
// expected type, by a key that the root certifies for it.

import { calculateJwkThumbprint, compactVerify, importJWK } from "../vendor/jose/jose.js";
import { unb64 } from "./bytes.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
const HEADER_NAMES = ["alg", "typ", "kid", "cert"];

const json = (bytes) => JSON.parse(decoder.decode(bytes));
const jwkOf = (x) => ({ kty: "OKP", crv: "Ed25519", x });
const moment = (text) => Date.parse(text);

// kind: "label", "receipt". root: {jwk: {x}}. at: milliseconds that the key's certification must cover, or null.
export async function verifyStatement(statement, kind, root, at = null) {
  const header = readHeader(statement, kind);
  if (kind === "certification") return checked(statement, root.jwk.x);
  const certification = await verifyStatement(header.cert, "certification", root);
  const isFor = certification.v === 1 && certification.purpose === kind && certification.subject_kid === header.kid;
  if (!isFor || (await calculateJwkThumbprint(jwkOf(certification.x))) !== header.kid) throw refused();
  if (at !== null && !(moment(certification.valid_from) <= at && at < moment(certification.valid_to))) throw refused();
  return checked(statement, certification.x);
}

function readHeader(statement, kind) {
  const parts = statement.split(".");
  if (parts.length !== 3) throw refused();
  parts.forEach(unb64);
  const header = json(unb64(parts[0]));
  const isKnown = Object.keys(header).every((name) => HEADER_NAMES.includes(name));
  if (!isKnown || header.alg !== "Ed25519" || header.typ !== `samvern-${kind}+jws`) throw refused();
  return header;
}

async function checked(statement, x) {
  const key = await importJWK(jwkOf(x), "Ed25519");
  const { payload } = await compactVerify(statement, key, { algorithms: ["Ed25519"] });
  return json(payload);
}

const refused = () => new Error("the statement does not hold");

// The receipt as a file, in the one form that libs/statements/document.py takes.
export function receiptDocument(statement) {
  const said = json(unb64(statement.split(".")[1]));
  return `${JSON.stringify({ format: "samvern-kvittering-1", innhold: said, kvittering: statement }, null, 2)}\n`;
}
