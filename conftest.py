"""Loads what every test may use: fake clock, throw-away Postgres, certificates."""

pytest_plugins = ["libs.testing.pytest_plugin"]
