"""The HTTP surface, split by subject."""
