"""Delivery: one queue per receiver."""
