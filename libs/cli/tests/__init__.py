"""Tests of the samvern command."""
