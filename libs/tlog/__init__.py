"""Merkle tree, tiles, notes and proofs of our logs (RFC 6962; C2SP tlog-tiles, tlog-checkpoint, signed-note)."""
