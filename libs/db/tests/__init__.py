"""Tests of transactions and migrations, on real PostgreSQL."""
