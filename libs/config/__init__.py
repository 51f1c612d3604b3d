"""Reads one configuration file, strictly."""
