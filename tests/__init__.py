"""Checks over the whole tree: that rules written down are kept."""
