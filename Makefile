# make run   set-up and the main job on the demo country
# make test  set-up and the tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PYTHONHASHSEED := 0

.PHONY: run test lint bench faults services lock clean

run: $(VENV)/core.done
	@test -f demo/config.yaml || $(BIN)/forecast demo demo
	@$(BIN)/forecast run demo/config.yaml

# A process per core; the tests of a module stay together and in their order, so that each module's fixtures are made once.
test: $(VENV)/dev.done lint
	$(BIN)/pytest -rs -n logical --dist loadscope --no-loadscope-reorder

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.done
	$(BIN)/python -m tests.bench $(BENCH)

faults: $(VENV)/dev.done
	$(BIN)/pytest -m slow tests/faults tests/property

# Debian's packages for the tests that use a browser or a database; needs root.
services:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium postgresql >/dev/null; \
	else echo "make services: no root or no apt-get; tests that need Chromium or PostgreSQL will be skipped"; fi

lock: $(VENV)/dev.done
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -q \
	  pyproject.toml -o core.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -q \
	  --all-extras -c core.lock pyproject.toml -o dev.lock

# The locks are complete, so pip needs to resolve nothing (--no-deps). It is asked once per lock: afterwards everything works offline.
$(VENV)/core.done: core.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r core.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.done: dev.lock $(VENV)/core.done
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r dev.lock
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) demo build *.egg-info
