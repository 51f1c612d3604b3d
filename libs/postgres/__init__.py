"""An embedded PostgreSQL from the binaries of a wheel, for the demo, small installations and tests."""
