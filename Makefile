# Python 3.11 or newer and make are all that these need; the rest is fetched into .venv/ and node_modules/.

PYTHON3 ?= python3
PORT ?= 8080
HOST ?= localhost
PY := .venv/bin/python
# Whoever names a Python gets that one.
SETUP = $(PYTHON3) tools/setup.py $(if $(filter file,$(origin PYTHON3)),,--this-python)

# What must be covered in every branch: rules, gate, cryptography.
PURE := src/watchword/gate/*,src/watchword/risk/*,src/watchword/limits/*,src/watchword/crypto/*
PURE_TESTS := tests/rules tests/crypto tests/gate

.PHONY: help setup run test check coverage bench lock format
.DEFAULT_GOAL := help

help:
	@echo "make run       set up, then serve on http://$(HOST):$(PORT) (PORT and HOST change that)"
	@echo "make setup     the set-up alone"
	@echo "make test      set up, then every test"
	@echo "make check     format, lint, types, imports, dead code, migrations, translations, links"
	@echo "make coverage  branch coverage of rules, gate and cryptography"
	@echo "make bench     the benchmarks, as ratios"
	@echo "make lock      compile requirements/*.in again (make lock UPGRADE=1 takes newer versions)"

setup:
	@$(SETUP)

run: setup
	@WATCHWORD_MODE="$${WATCHWORD_MODE:-development}" WATCHWORD_HOST="$(HOST)" WATCHWORD_PORT="$(PORT)" exec $(PY) -m tools.run

test:
	@$(SETUP) --tests
	@TMPDIR="$$($(PY) -m tools.scratch)" PYTHONDONTWRITEBYTECODE= \
	  $(PY) -m pytest -p tools.no_skips -q -n 2 --dist worksteal $(ARGS)

check:
	@$(SETUP) --dev
	@$(PY) -m tools.check

format:
	@$(SETUP) --dev
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

coverage:
	@$(SETUP) --dev
	@.venv/bin/coverage erase
	@.venv/bin/coverage run -m pytest -q -n 2 $(PURE_TESTS)
	@.venv/bin/coverage combine --quiet
	@.venv/bin/coverage report --include="$(PURE)" --fail-under=100

bench:
	@$(SETUP) --dev
	@$(PY) -m bench

lock:
	@$(SETUP)
	@for list in uv build main dev peers; do \
	  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
	    requirements/$$list.in -o requirements/$$list.txt || exit 1; \
	done
