"""Tests of libs/telemetry."""
