"""Audit: two append-only Merkle logs that can prove that nothing was removed."""
