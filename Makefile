# Everything a newcomer types. Needs Python 3.11 or later, make, and a way to the package registry.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run kafka test test-faults test-cluster check format bench soak lock docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## install the locked dependencies into .venv

run: $(READY) ## start the hub with an example day flowing through it, on 127.0.0.1:8080
	@$(BIN)/tilanne demo $(ARGS)

kafka: $(READY) ## a real Apache Kafka in the foreground (Java 17, Maven); ARGS="--port 9092"
	@$(BIN)/python -m deploy.kafka $(ARGS)

test: $(READY) ## run the tests; ARGS="-k fold" for some of them
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

test-faults: $(READY) ## kill the hub at every crash point and 200 times at random; ARGS=--part
	@$(BIN)/python -m tests.faults $(ARGS)

test-cluster: $(READY) ## the hub as processes over Kafka, PostgreSQL and Valkey, and all goes wrong; ARGS=--part
	@$(BIN)/python -m tests.cluster $(ARGS)

check: $(READY) ## ruff, mypy, import contracts, and: are the docs fresh?
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/print_reference.py --check

format: $(READY) ## let ruff set the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## measure; one JSON line per figure
	@$(BIN)/tilanne bench $(ARGS)

soak: $(READY) ## ten minutes of 500 facts a second: does anything grow? ARGS="--minutes 2" for less
	@$(BIN)/python -m bench.soak $(ARGS)

docs: $(READY) ## print docs/reference/ from the code
	$(BIN)/python docs/print_reference.py

# The lock holds every platform's hashes and says nothing of where the packages came from.
COMPILE = .venv/lock/bin/uv pip compile pyproject.toml --quiet --no-config --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock"
lock: $(READY) ## compile requirements*.lock from pyproject.toml; ARGS=--upgrade for newer versions
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove what can be made again; var/ with its database stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find hub connectors state_machine tests docs bench -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv is exactly the lock: when the lock changes it is made anew.
$(READY): requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Tilanne needs Python 3.11 or later with its venv module." \
		"Install it, or name it: make setup PYTHON=/path/to/python"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"$(PYTHON) is older than Python 3.11. Name another: make setup PYTHON=python3.12"; exit 1; } >&2
	@echo "Installing the locked dependencies into .venv (about half a minute, once) …"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-input --require-hashes \
		--requirement requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-input --no-index --no-deps \
		--no-build-isolation --editable .
	@touch $@
