"""A pool, named transactions with honest outcomes, and migrations."""
