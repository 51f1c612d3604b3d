"""Measures what the accept path can do, beside what its database alone can do. Meant for `samvern bench`."""
