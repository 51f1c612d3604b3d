export { CompactEncrypt, base64url, calculateJwkThumbprint, compactVerify, importJWK, importX509 } from "jose";
