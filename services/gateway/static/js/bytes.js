// Bytes and their texts. base64url is read strictly: one text for each value, as libs/sealing/base64url.py.

import { base64url } from "../vendor/jose/jose.js";

const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

export const b64 = (bytes) => base64url.encode(bytes);

export function unb64(text) {
  const bytes = base64url.decode(text);
  if (base64url.encode(bytes) !== text) throw new Error("not base64url in its one form");
  return bytes;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function concat(...arrays) {
  const whole = new Uint8Array(arrays.reduce((size, array) => size + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

// Four bytes, big-endian.
export function uint32(number) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
