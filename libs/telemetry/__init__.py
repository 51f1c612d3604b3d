"""Logs, traces and metrics, and what may never appear in them."""
