# `make help` says what there is. Needed beforehand: make, and a Python of 3.11 or newer with pip and venv.
#
# Everything lives in .venv, made on the first call and again when pyproject.toml changes, when the checkout
# was moved or copied, or when the Python behind it is gone.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

NEWEST_FIRST := python3 python python3.13 python3.12 python3.11
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for each in $(NEWEST_FIRST); do "$$each" -c '$(IS_NEW_ENOUGH)' 2>/dev/null && echo "$$each" && break; done),python3)

PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))

VENV := .venv
BIN  := $(VENV)/bin
# pytest-xdist's workers: two is what the smallest machine we test on has.
JOBS ?= 2

# What a caller's shell may carry in that would put packages elsewhere or find other ones.
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# A stamp counts only for the folder it was made in, with a Python that still runs.
IS_SOUND := "$(BIN)/python" -c '' 2>/dev/null && [ "$$(cat $(VENV)/.made-in 2>/dev/null)" = "$(CURDIR)" ]
$(shell { $(IS_SOUND); } || rm -f $(VENV)/.made-in $(VENV)/.installed $(VENV)/.installed-dev)

.PHONY: help demo test check servers lint fmt docs bench lowest clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed ## evaluate a year of New York's flights and show the table
	@echo "kpidsl eval specs/flights --as-of 2013-12-31"
	@$(BIN)/kpidsl eval specs/flights --as-of 2013-12-31 --format text

test: lint ## everything: ruff, mypy, all tests
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

check: lint ## what is quick: ruff, mypy, the tests that are not slow, with fewer random examples
	@HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m "not slow and not server"

servers: ## what the tests of plugins start and stop: databases and the like (Debian packages; needs root)
	@.ci/servers

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "these files are not formatted (make fmt):"; $(BIN)/ruff format --check .; exit 1; }
	@$(BIN)/mypy --no-error-summary src docs bench $(PLUGINS:%=%/src)

fmt: $(VENV)/.installed-dev ## format the code, mend what ruff can mend
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

docs: $(VENV)/.installed-dev ## run the commands shown in the documentation and refresh what they print
	@$(BIN)/python docs/render.py

bench: $(VENV)/.installed-dev ## measure, and say what was measured
	@$(BIN)/python bench/run.py

lowest: $(VENV)/.installed-dev ## kpidsl's own tests with the lowest versions pyproject.toml allows (a second environment)
	@$(PYTHON) -m venv --clear $(VENV)/lowest
	@$(VENV)/lowest/bin/python -m pip install -qq --constraint .ci/lowest.txt --editable '.[dev]'
	@$(VENV)/lowest/bin/python -m pytest -q -n $(JOBS) --dist worksteal tests

clean: ## remove the environment and everything that was made
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find src tests docs bench plugins -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(VENV)/.made-in:
	@$(PYTHON) -c '$(IS_NEW_ENOUGH)' 2>/dev/null || { \
	  echo "kpidsl needs Python 3.11 or newer; \`$(PYTHON)\` is not. Name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "\`$(PYTHON) -m venv\` failed; on Debian and Ubuntu: apt install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@printf '%s' "$(CURDIR)" > $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.made-in
	@$(BIN)/python -m pip install -qq --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(PLUGINS:%=%/pyproject.toml) | $(VENV)/.made-in
	@$(BIN)/python -m pip install -qq --editable '.[dev]' $(PLUGINS:%=--editable './%[dev]')
	@touch $@ $(VENV)/.installed
