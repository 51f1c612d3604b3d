"""Statements of the centre and proofs of nodes, as whoever holds a snapshot believes them."""
