// The reporter's secret, as libs/sealing/secret.py: 128 bits, kept as forty digits; the rest is derived by HKDF-SHA256.

import { b64, concat, sha256, unb64, utf8 } from "./bytes.js";

const SALT = utf8("samvern-reporter-secret-v1");
const DIGITS = 39;
const SECRET_BYTES = 16;
// RFC 8410: what stands before the 32 bytes of an X25519 private key in PKCS #8.
const PKCS8_X25519 = new Uint8Array([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);

export const newSecret = () => crypto.getRandomValues(new Uint8Array(SECRET_BYTES));

export function digitsOf(secret) {
  const number = secret.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const bare = number.toString().padStart(DIGITS, "0");
  return (bare + luhnDigit(bare)).replace(/(.{4})(?=.)/g, "$1 ");
}

// The secret of typed digits, or null when they are none.
export function parseDigits(text) {
  const bare = text.replace(/[\s-]/g, "");
  if (!/^[0-9]{40}$/.test(bare) || luhnDigit(bare.slice(0, DIGITS)) !== bare[DIGITS]) return null;
  let number = BigInt(bare.slice(0, DIGITS));
  if (number >= 1n << 128n) return null;
  const secret = new Uint8Array(SECRET_BYTES);
  for (let at = SECRET_BYTES - 1; at >= 0; at -= 1, number >>= 8n) secret[at] = Number(number & 255n);
  return secret;
}

function luhnDigit(payload) {
  let total = 0;
  for (let place = 0; place < payload.length; place += 1) {
    const value = Number(payload[payload.length - 1 - place]) * (place % 2 === 0 ? 2 : 1);
    total += value > 9 ? value - 9 : value;
  }
  return String((10 - (total % 10)) % 10);
}

export async function derive(secret) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const hkdf = async (info, lengthBytes) => {
    const algorithm = { name: "HKDF", hash: "SHA-256", salt: SALT, info: utf8(info) };
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 8 * lengthBytes));
  };
  const accessToken = await hkdf("access-token", 32);
  return {
    lookupId: b64(await hkdf("lookup-id", 16)),
    accessToken: b64(accessToken),
    accessTokenHash: b64(await sha256(accessToken)),
    replyPublicKey: await x25519PublicKey(await hkdf("reply-key", 32)),
  };
}

async function x25519PublicKey(privateKey) {
  const pkcs8 = concat(PKCS8_X25519, privateKey);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, true, ["deriveBits"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  return b64(unb64(x));
}
