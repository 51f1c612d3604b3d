# A wrapper for the habit; ./samvern does it all, and `./samvern --help` lists what it can.
.PHONY: up down lint test e2e format proto
TOOLS = ./samvern test --help > /dev/null

up down test:
	./samvern $@

lint:
	./samvern test format lint imports proto types

e2e:
	./samvern test e2e

format:
	$(TOOLS) && .venv/bin/ruff format . && .venv/bin/ruff check --fix .

proto:
	$(TOOLS) && .venv/bin/python proto/generate.py && .venv/bin/buf lint proto
