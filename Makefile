# Each verb sets up what it needs; nothing has to be done by hand first.
SHELL := /bin/bash
VENV := .venv
PYTHON ?= python3
STAMP := $(VENV)/.installed

.PHONY: setup run test check bench docs soak

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@tools/system-packages.sh venv
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup
	@$(VENV)/bin/callwright demo $(ARGS)

test: setup
	@tools/system-packages.sh tests
	@$(MAKE) --no-print-directory check
	@$(VENV)/bin/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/mypy

bench: setup
	@$(VENV)/bin/python -m bench $(ARGS)

docs: setup
	@$(VENV)/bin/python -m callwright.documentation $(ARGS)

soak: setup
	@$(VENV)/bin/python -m pytest -n 2 -m soak --override-ini addopts="--strict-markers --import-mode=importlib" $(ARGS)
