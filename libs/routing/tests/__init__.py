"""Tests of libs/routing."""
