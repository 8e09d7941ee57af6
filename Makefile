# Python 3.11 or newer and make are all that these need; the rest is fetched into .venv/ and node_modules/.

PYTHON3 ?= python3
PORT ?= 8080
HOST ?= localhost
PY := .venv/bin/python

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
	@$(PYTHON3) tools/setup.py

run: setup
	@WATCHWORD_MODE="$${WATCHWORD_MODE:-development}" WATCHWORD_HOST="$(HOST)" WATCHWORD_PORT="$(PORT)" exec $(PY) -m tools.run

test:
	@$(PYTHON3) tools/setup.py --tests
	@TMPDIR="$$($(PY) -m tools.scratch)" PYTHONDONTWRITEBYTECODE= \
	  $(PY) -m pytest -p tools.no_skips -q -n 3 --dist worksteal $(ARGS)

check:
	@$(PYTHON3) tools/setup.py --dev
	@$(PY) -m tools.check

format:
	@$(PYTHON3) tools/setup.py --dev
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

coverage:
	@$(PYTHON3) tools/setup.py --dev
	@.venv/bin/coverage erase
	@.venv/bin/coverage run -m pytest -q -n 2 $(PURE_TESTS)
	@.venv/bin/coverage combine --quiet
	@.venv/bin/coverage report --include="$(PURE)" --fail-under=100

bench:
	@$(PYTHON3) tools/setup.py --dev
	@$(PY) -m bench

lock:
	@$(PYTHON3) tools/setup.py
	@for list in uv build main dev peers; do \
	  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
	    requirements/$$list.in -o requirements/$$list.txt || exit 1; \
	done
