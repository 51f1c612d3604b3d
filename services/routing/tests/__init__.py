"""Tests of services/routing."""
