# Every target installs what it misses: the virtual environment here, npm packages and certificates
# in per-user folders outside the repository, Chromium from the system.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
REPORT_DIR ?= build/report
EXAMPLES ?= 200
EXAMPLES_JS ?= 30
SEED ?= 7
# The tests start some hundred Python processes; without its cache, each compiles the sources anew.
unexport PYTHONDONTWRITEBYTECODE
# A file's tests share what is costly to set up, so each file stays with one worker. Tests wait for
# sockets, browsers and timers more than half of the time, so there are three workers for each of
# the first four cores.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS ?= $(shell echo $$(( $(CORES) <= 4 ? $(CORES) * 3 : $(CORES) <= 12 ? 12 : $(CORES) )))
PYTEST := $(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help conformance conformance-js test test-long test-starved deep serve bench lint types format chromium firefox node golang sipp baresip clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

conformance: $(INSTALLED) ## Judge the reference client: in virtual time, then over real sockets
	$(BIN)/ringproof run --sut reference --examples $(EXAMPLES) --seed $(SEED) --report-dir $(REPORT_DIR)

conformance-js: $(INSTALLED) chromium node ## Judge the published browser SDK in Chromium (it fails some clauses: error 1)
	$(BIN)/ringproof run --sut chromium --network --examples $(EXAMPLES_JS) --seed $(SEED) --report-dir $(REPORT_DIR)

test: $(INSTALLED) chromium firefox node golang sipp ## Run the test suite on all cores, real browsers included
	$(PYTEST)

test-long: $(INSTALLED) chromium firefox node golang sipp baresip ## Run the long tests too: whole matrices, sweeps, repetitions
	$(PYTEST) -m long --timeout 1800

test-starved: $(INSTALLED) chromium firefox node golang sipp ## Run the test suite three times, each core kept busy by something else
	@trap 'kill $$(jobs -p) 2>/dev/null' EXIT; \
	for core in $$(seq $(CORES)); do (while :; do :; done) & done; \
	for round in 1 2 3; do echo "round $$round of 3"; $(PYTEST); done

deep: $(INSTALLED) chromium firefox node golang sipp ## Run the test suite with a hundred times the generated examples
	HYPOTHESIS_PROFILE=deep $(PYTEST) --timeout 3600

bench: $(INSTALLED) ## Measure, and print ratios to a peer in the same run
	$(BIN)/ringproof bench

serve: $(INSTALLED) ## Run the stand-in platform for a person or another program
	$(BIN)/ringproof serve

lint: $(INSTALLED) ## Check style and the import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(INSTALLED) ## Check the types
	$(BIN)/mypy

format: $(INSTALLED) ## Rewrite the sources in house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# A newer pip is needed once for dependency groups; the environment of the machine is never touched.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ringproof needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "installing into $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	@touch $@

# Shell: install Debian's packages (first argument, apt's options second) where we may, and be done.
debian = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing Debian's $(1)"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) $(1) >/dev/null && exit 0; fi

# The one on PATH; else Debian's when we may install it; else Playwright's own; else a clear sentence.
# Debian's chromium as well as its headless shell, which is the same engine without windows and takes
# half the CPU time: a long test compares what the two say.
chromium: $(INSTALLED)
	@if command -v "$${RINGPROOF_CHROMIUM:-chromium-headless-shell}" >/dev/null; then exit 0; fi; \
	$(call debian,chromium chromium-headless-shell); \
	for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  if command -v "$$name" >/dev/null; then exit 0; fi; done; \
	if [ -d "$${PLAYWRIGHT_BROWSERS_PATH:-$$HOME/.cache/ms-playwright}" ]; then exit 0; fi; \
	echo "asking Playwright for its own Chromium"; \
	$(BIN)/playwright install chromium || { \
	  echo "No Chromium: install your system's chromium package, or set RINGPROOF_CHROMIUM=/path/to/it" >&2; \
	  exit 1; }

firefox:
	@for name in "$${RINGPROOF_FIREFOX:-}" firefox firefox-esr; do \
	  if [ -n "$$name" ] && command -v "$$name" >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  for package in firefox-esr firefox; do \
	    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      "$$package" >/dev/null 2>&1 && command -v "$$package" >/dev/null; then \
	      echo "installed the package $$package"; exit 0; fi; done; fi; \
	echo "No Firefox: install your system's firefox or firefox-esr package, or set RINGPROOF_FIREFOX=/path/to/it" >&2; \
	exit 1

# npm packages come through npm when they are first asked for; here only the programs are seen to.
node:
	@if command -v node >/dev/null && command -v npm >/dev/null; then exit 0; fi; \
	$(call debian,nodejs npm); \
	echo "No Node.js: install Node.js 18.20 or newer, with npm" >&2; exit 1

# For the tests alone: the skeleton in Go is built and run, with the standard library and nothing else.
golang:
	@if command -v go >/dev/null; then exit 0; fi; \
	$(call debian,golang-go,--no-install-recommends); \
	echo "No Go: install Go 1.19 or newer, so that go is on PATH" >&2; exit 1

# For the tests of SIP: an implementation that is not ours calls and is called.
sipp:
	@if command -v sipp >/dev/null; then exit 0; fi; \
	$(call debian,sip-tester,--no-install-recommends); \
	echo "No SIPp: install SIPp 3.6 or newer (Debian: sip-tester), so that sipp is on PATH" >&2; exit 1

# For one long test: a second SIP implementation that is not ours.
baresip:
	@if command -v baresip >/dev/null; then exit 0; fi; \
	$(call debian,baresip-core,--no-install-recommends); \
	echo "No baresip: install Debian's baresip-core, so that baresip is on PATH" >&2; exit 1

clean: ## Remove what the targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
