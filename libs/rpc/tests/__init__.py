"""Tests of libs/rpc."""
