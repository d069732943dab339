# The whole interface. Every target sets up what it needs; a second run of the set-up is instant.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/.demo-ready
DEV := $(VENV)/.dev-ready
KILLS ?= 2000
JOBS ?= 2
SIDE_BY_SIDE := -n $(JOBS) --dist loadfile --no-loadscope-reorder
EVERY ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format schema lock bench soak mutate coverage clean distclean servers

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO) ## Migrate a made-up legacy system of 10 000 customers and tie out its books
	@$(BIN)/trueup demo

# The second PostgreSQL goes first, so that what is printed last sums up the whole suite; commands
# are left to the first, for they only call the services that both run.
test: $(DEV) servers ## Run all tests; stores and services on PostgreSQL 15 and 18
	@status=0; \
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --postgres=15 tests/store tests/service --ignore=tests/service/cli || status=1; \
	$(BIN)/pytest -q $(SIDE_BY_SIDE) || status=1; \
	exit $$status

check: $(DEV) ## Check format, lint, types, imports and the rules of the house
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .import_linter_cache
	$(BIN)/pytest -q tests/architecture
	@$(BIN)/python -m tests.support.tidy

lint: $(DEV) ## Mend what the linter can mend
	$(BIN)/ruff check --fix

format: $(DEV) ## Format the source
	$(BIN)/ruff format

schema: $(DEV) ## Write the sum of the migrations to schema.sql
	$(BIN)/python -m tests.support.schema_dump

LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11
lock: $(DEV) ## Pin and hash the newest parts that fit requirements*.in
	$(LOCK) --upgrade requirements-dev.in --output-file requirements-dev.lock
	$(LOCK) --constraint requirements-dev.lock requirements.in --output-file requirements.lock

bench: $(DEV) servers ## Measure what we publish, beside the limit and the peers
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

soak: $(DEV) ## Kill the load KILLS times (2000) and compare what it left
	TRUEUP_SOAK_KILLS=$(KILLS) $(BIN)/pytest -q -n $(JOBS) tests/acceptance/test_load_survives_kills.py

mutate: $(DEV) ## Change the pure rules one operator at a time; tests must notice 80 of 100
	@$(BIN)/python -m tests.support.mutation --jobs $(JOBS) --every $(EVERY)

coverage: $(DEV) ## Count which statements of the pure rules tests run; at least 95 of 100
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --cov=trueup --cov-report= tests/unit tests/service/migration/assessment tests/store/ledger tests/service/ledger
	@$(BIN)/python -m tests.support.covered

clean: ## Stop the embedded server and remove what it, the demo and the tools left
	@if [ -x $(BIN)/trueup ] && [ -d .trueup ]; then $(BIN)/trueup server stop || true; fi
	@if [ -L .trueup/server ]; then rm -rf "$$(readlink -f .trueup/server)"; fi
	rm -rf .trueup .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage mutants build dist

distclean: clean ## And the virtual environment
	rm -rf $(VENV)

servers: ## Install MariaDB and PostgreSQL 15 for the tests, where they are missing
	@.ci/servers

$(BIN)/pip:
	@PYTHON="$(PYTHON)" .ci/venv $(VENV)

$(DEMO): requirements.lock pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
