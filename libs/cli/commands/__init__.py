"""One module per command; each exports `command`. libs/cli/main.py loads them when they are asked for."""
