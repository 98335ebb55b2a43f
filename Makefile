# Two commands: `make run` shows everything at work, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run demo test types suite mutants crash drill bench peers clean
SEED ?= 1
MINUTES ?= 15
WORKERS ?= 3
# Some machines forbid it; then each of a run's hundreds of processes compiles everything anew.
export PYTHONDONTWRITEBYTECODE :=

help: ## show these lines
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

setup: $(STAMP) ## only install, into .venv

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making .venv and installing the pinned dependencies (about a minute, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on \
	  -c constraints.txt --quiet --quiet setuptools wheel
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on \
	  -c constraints.txt --no-build-isolation -e '.[dev]' | grep -v '^Requirement already' || true
	@$(BIN)/python -c 'import fastapi, sqlalchemy, gateway' && touch $(STAMP)

run: setup ## the gateway, three simulated systems and sample dossiers; stays up
	@$(BIN)/lienthong demo --stay

demo: setup ## the same, but ends by itself with an audited summary
	@$(BIN)/lienthong demo

test: setup ## ruff, mypy, import rules, tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory -j2 types suite

types: # beside the tests, which often wait
	@$(BIN)/mypy

# What is thrown away lies in memory where there is enough of it: on a disk every commit waits.
suite:
	@room=$$(df --output=avail -k /dev/shm 2>/dev/null | tail -1); \
	  if [ "$${room:-0}" -gt 4194304 ] && [ -w /dev/shm ]; then export TMPDIR=$${TMPDIR:-/dev/shm}; fi; \
	  $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

mutants: setup ## let small mistakes into the product, one by one: does a test notice each?
	@$(BIN)/python -m tests.mutants

crash: setup ## the long crash run: random faults from SEED for MINUTES, then tests/crash/REPORT.md
	@$(BIN)/python -m tests.crash.long --seed $(SEED) --minutes $(MINUTES); code=$$?; \
	  $(BIN)/python -m tests.crash.report; exit $$code

drill: peers ## everything that takes longer, at most 56 minutes; SHORT=1: only that it works
	@$(BIN)/python -m tests.drill $(if $(SHORT),--short)

bench: setup ## speed beside the usual ways, on this machine (QUICK=1: under 6 minutes), or beside BASE=commit
ifdef BASE
	@$(BIN)/python -m tests.bench --base '$(BASE)'
else
	@$(MAKE) --no-print-directory peers
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(if $(RESULTS),--results)
endif

peers: setup # what the bench compares with
	@$(BIN)/python -c 'import celery, gevent' 2>/dev/null || $(BIN)/python -m pip install \
	  --disable-pip-version-check --quiet -c constraints.txt --no-build-isolation -e '.[dev,bench]'

clean: ## remove what the commands above made
	rm -rf .venv build data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
