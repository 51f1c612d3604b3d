"""The samvern command: starts and stops an instance on this machine, and speaks with it."""
