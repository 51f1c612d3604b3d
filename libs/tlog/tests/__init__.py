"""Tests of the logs' formats."""
