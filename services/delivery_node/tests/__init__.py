"""Tests of the delivery node."""
