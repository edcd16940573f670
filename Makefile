# On a fresh machine two commands are enough: `make demo` and `make test`. `make help` lists the others.
SHELL := /bin/bash
PORT ?= 8000
# The first Python that is new enough, unless one is named: make PYTHON=/path/to/python3.12
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && command -v $$python && break; done)
BIN := .venv/bin
RUN := $(BIN)/python -W ignore::SyntaxWarning

.PHONY: help install assets demo test lint format messages lock bench bench-large campaign mutate

help:
	@echo "make demo      start the wiki with its demo content (PORT=8000)"
	@echo "make test      run every test that this machine can run"
	@echo "make install   make the environment in .venv, nothing more"
	@echo "make assets    make what pages use of npm packages and published data (install does it too)"
	@echo "make lint      check style, types, floors, templates, JavaScript, CSS, migrations and translations"
	@echo "make format    put Python and templates into the house's form"
	@echo "make messages  add new screen texts to the French catalogue, and compile it"
	@echo "make bench     measure speed; make bench-large with 100,000 pages (an hour)"
	@echo "make mutate    test the tests: put mistakes into the modules that refuse (MODULE=permissions SEED=7)"
	@echo "make campaign  search for faults with new seeds: NAME=examples SEED=7 MINUTES=10"
	@echo "make lock      compile requirements*.in into requirements*.txt, and package.json into package-lock.json"

# --- The environment: what the wiki needs, and beside it what tests and checks need ---------------
.venv/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python cannot make environments on this machine: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: .venv/made requirements.txt
	@echo "Installing what the wiki needs ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: .venv/runtime requirements-dev.txt
	@echo "Installing what tests and checks need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

install: .venv/runtime compiled assets

.PHONY: compiled
compiled: .venv/runtime
	@$(RUN) -m movilab.translation_catalogue compile

assets: .venv/runtime
	@$(RUN) -m movilab.assets

# --- The two commands -----------------------------------------------------------------------------
demo: install
	@$(RUN) -m movilab.demo --port $(PORT)

test: install .venv/dev
	@$(RUN) -m movilab.assets development
	@$(RUN) tests/run.py $(ARGS)

# --- The house's own care -------------------------------------------------------------------------
lint: install .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet templates
	$(RUN) -m movilab.assets lint
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) -m movilab.translation_catalogue check

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: install .venv/dev
	$(RUN) -m movilab.translation_catalogue add
	$(RUN) -m movilab.translation_catalogue compile

bench: install .venv/dev
	$(RUN) tests/benchmarks/bench.py
	$(RUN) tests/benchmarks/everyday.py
	$(RUN) tests/benchmarks/ask.py
	$(RUN) tests/benchmarks/search.py
	$(RUN) tests/benchmarks/parsing.py
	$(RUN) tests/benchmarks/french_search.py
	$(RUN) tests/benchmarks/imports.py
	$(RUN) tests/benchmarks/editor.py
	$(RUN) tests/benchmarks/history.py
	$(RUN) tests/benchmarks/authorship.py
	$(RUN) tests/benchmarks/forks.py
	$(RUN) tests/benchmarks/directory.py
	$(RUN) tests/benchmarks/directory_site.py
	$(RUN) tests/benchmarks/needs.py
	$(RUN) tests/benchmarks/linked_data.py
	$(RUN) tests/benchmarks/table_import.py
	$(RUN) tests/benchmarks/moderation.py
	$(RUN) tests/benchmarks/watches.py

bench-large: install .venv/dev
	$(RUN) tests/benchmarks/everyday.py 100000 1

mutate: install .venv/dev
	@$(RUN) tests/campaigns/mutation.py $(MODULE) $(if $(SEED),--seed $(SEED)) $(if $(SAMPLE),--sample $(SAMPLE))

campaign: install .venv/dev
	@$(RUN) tests/campaigns/run.py $(or $(NAME),--help) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

LOCK := pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options \
	--strip-extras --allow-unsafe
lock: .venv/dev
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/$(LOCK) -o requirements.txt requirements.in
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/$(LOCK) -o requirements-dev.txt requirements-dev.in
	$(RUN) -m movilab.assets lock
