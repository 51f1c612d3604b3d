// The portal's API as the page sees it. Nothing is believed that is not signed from the root.

import { verifyStatement } from "./statements.js";

const API = "/api/native/v1";
const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
const CAP_DELAY_MS = 4000;
const TIMEOUT_MS = 40000;
// Whether these were accepted is not known, or nothing was: the very same bytes may be sent again.
const REPEATABLE = ["OVERLOADED", "UNAVAILABLE", "OUTCOME_UNKNOWN", "TIMED_OUT"];

// What the portal answered instead of what was asked for. `mayHaveArrived`: repeat the same bytes, nothing else.
export class Refused extends Error {
  constructor(reason, message, { mayHaveArrived = false } = {}) {
    super(message);
    this.reason = reason;
    this.mayHaveArrived = mayHaveArrived;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(path, { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", signal, ...options });
  } catch {
    throw new Refused("OFFLINE", "", { mayHaveArrived: true });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { reason = "INTERNAL", message = "" } = answer.error ?? {};
  throw new Refused(reason, message, { mayHaveArrived: REPEATABLE.includes(reason) || response.status >= 500 });
}

const post = (path, body) => call(path, { method: "POST", headers: { "content-type": "application/json" }, body });

export const fetchRoot = () => call("/trust/root.json");

// The label of a place, verified to be for it.
export async function fetchLabel(kommune, bydel, root) {
  const { label: statement } = await call(`${API}/labels/${kommune}/${bydel}`);
  const said = await verifyStatement(statement, "label", root);
  const isFor = said.kommune.nummer === kommune && said.bydel.nummer === bydel;
  if (!isFor || Date.parse(said.accept_until) <= Date.now()) throw new Error("the label is not for this place and time");
  return { statement, said };
}

// The receipt, verified to be for what was sent. The same bytes are sent again while nobody knows.
export async function submit(sealed, root) {
  const { receipt: statement } = await repeated(() => post(`${API}/meldinger`, sealed.body));
  const said = await verifyStatement(statement, "receipt", root);
  const at = Date.parse(said.received_at);
  await verifyStatement(statement, "receipt", root, at);
  const isFor = said.melding_id === sealed.meldingId && said.digest === sealed.digest && said.tjeneste.id === sealed.receiver;
  if (!isFor) throw new Error("the receipt is for another melding");
  return { statement, said };
}

export const fetchStatus = (derived) =>
  post(`${API}/status`, JSON.stringify({ lookup_id: derived.lookupId, access_token: derived.accessToken }));

async function repeated(send) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!error.mayHaveArrived || attempt === ATTEMPTS) throw error;
      const delay = Math.min(CAP_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
      await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random() / 2)));
    }
  }
}

// Whether this browser has all that sealing needs; if not, the form posts to the sealing process as without a script.
export async function canSeal() {
  try {
    const seed = new Uint8Array(48);
    seed.set([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);
    await crypto.subtle.importKey("pkcs8", seed, { name: "X25519" }, true, ["deriveBits"]);
    await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, true, ["verify"]);
    return typeof crypto.randomUUID === "function" && typeof AbortSignal.timeout === "function";
  } catch {
    return false;
  }
}
