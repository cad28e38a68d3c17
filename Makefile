# Two commands are the whole ritual: `make run` and `make test`. `make` alone lists the rest.
#
# A machine needs make, bash and a Python from 3.11 on, with venv or pip: no compiler, no Node, no Docker, no root.
# Another Python than the one found: make clean setup PYTHON=/path/to/python3.13

SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
WEB := callcenter/web/app
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)

# What of the lock an image holds: nothing that only tests need.
IMAGE_LOCK := config/docker/requirements.lock

# uv writes the lock file, and installs it where Python came without ensurepip.
UV := .tools/bin/uv
UV_VERSION := 0.13.9

# Leaves the name of a suitable Python in $python, or says what is missing.
find_python = for python in $(PYTHONS); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; done; \
	if [ -z "$$python" ]; then \
	  echo "No Python 3.11 or newer among: $(PYTHONS). Install one, or name it: make setup PYTHON=/path/to/python3" >&2; exit 1; fi

# Leaves the command that installs packages in $install.
find_install = if $(BIN)/python -m pip --version >/dev/null 2>&1; \
	then install="$(BIN)/python -m pip --disable-pip-version-check --no-input install"; \
	else install="$(UV) pip install --python $(BIN)/python --compile-bytecode"; fi

.PHONY: help setup run test test-asterisk check check-python check-web bench soak web lock lock-check clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.installed ## Make .venv from requirements.lock, hashes checked

run: setup ## Show a live call centre in the browser, fed by recorded traffic (ARGS="--speed 10")
	@$(BIN)/callcenter demo $(ARGS)

test: setup ## Run all tests that need neither root nor Asterisk (ARGS="-k abandoned")
	@$(BIN)/python -m pytest -m "not asterisk" $(ARGS)

test-asterisk: setup ## Run the tests on real Asterisks, which they fetch as Debian packages (no root)
	@$(BIN)/python -m pytest tests/asterisk $(ARGS)

check: check-python check-web ## Check style, types, import walls and the front end

bench: setup $(VENV)/.bench ## Measure speed and cost, each against its reference in the same run
	@$(BIN)/python -m bench $(ARGS)

soak: setup ## Hours of calls against the service: memory, descriptors, lag, numbers (ARGS="--minutes 60")
	@$(BIN)/python -m bench.soak $(ARGS)

# ----------------------------------------------------------------------------------------------------------------------
# Installing

$(BIN)/python:
	@$(find_python); \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	rm -rf $(VENV); \
	if ! said=$$("$$python" -m venv $(VENV) 2>&1); then \
	  rm -rf $(VENV); \
	  if ! "$$python" -m pip --version >/dev/null 2>&1; then \
	    echo "$$said" >&2; \
	    echo "This Python has neither ensurepip nor pip. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; fi; \
	  $(MAKE) $(UV) PYTHON="$$python" && $(UV) venv --quiet --python "$$python" $(VENV); fi

$(UV):
	@$(find_python); \
	echo "Fetching uv $(UV_VERSION)"; \
	"$$python" -m pip install -qq --disable-pip-version-check --target .tools --upgrade "uv==$(UV_VERSION)"

# The lock is complete (so: --no-deps) and of wheels only (so: nothing compiles). The project itself becomes one path file.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@set -o pipefail; $(find_install); \
	total=$$(grep -c '^[a-z0-9].*==' requirements.lock); \
	if [ -t 1 ]; then shown=1; else shown=0; fi; \
	echo "Installing up to $$total packages from requirements.lock (a minute or two, once)"; \
	$$install --require-hashes --no-deps --only-binary :all: -r requirements.lock 2>&1 | tee $(VENV)/install.log | awk -v of=$$total -v shown=$$shown ' \
	  shown && /^(Collecting|Requirement already)/ { printf "\r\033[K  %d of %d", ++n, of; fflush() } \
	  shown && /^Installing/ { printf "\r\033[K  unpacking"; fflush() } \
	  /^(ERROR|error|  ×)/ { print } \
	  END { if (shown) printf "\r\033[K" }' \
	&& $$install --quiet --no-deps --no-build-isolation --editable . \
	|| { echo "The installation failed; all that was said is in $(VENV)/install.log" >&2; exit 1; }
	@touch $@

# References that some rows of the bench are held against. Without them those rows say so.
$(VENV)/.bench: bench/requirements.lock $(VENV)/.installed
	@$(find_install); \
	$$install --quiet --require-hashes --no-deps --only-binary :all: -r bench/requirements.lock && touch $@ \
	|| echo "The references of bench/requirements.lock could not be installed" >&2

# ----------------------------------------------------------------------------------------------------------------------
# Checking

check-python: setup
	@echo "ruff check";        $(BIN)/ruff check --quiet .
	@echo "ruff format";       $(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check . ; exit 1; }
	@echo "mypy --strict";     $(BIN)/mypy --no-error-summary
	@echo "import walls";      said=$$($(BIN)/lint-imports) || { echo "$$said"; exit 1; }

# Users need no Node, since the bundle is committed. Whoever changes the page does, and .ci/run asks for it.
check-web:
	@if command -v npm >/dev/null; then $(MAKE) check-web-with-node; \
	else case ",$(CALLCENTER_REQUIRE)," in \
	  *,node,*) echo "The front end cannot be checked: there is no npm" >&2; exit 1;; \
	  *) echo "front end: skipped, since there is no npm (Node 20.19 or newer brings it)";; esac; fi

.PHONY: check-web-with-node
check-web-with-node: $(WEB)/node_modules/.package-lock.json
	@echo "front end: types";  cd $(WEB) && said=$$(npm run --silent check 2>&1) || { echo "$$said"; exit 1; }
	@echo "front end: tests";  cd $(WEB) && said=$$(npm run --silent test 2>&1) || { echo "$$said"; exit 1; }
	@echo "front end: bundle"; built=$$(mktemp -d) && trap 'rm -rf "$$built"' EXIT; \
	(cd $(WEB) && npx --no-install vite build --logLevel error --outDir "$$built" --emptyOutDir) && \
	diff -r "$$built" callcenter/web/static || { echo "callcenter/web/static is not what its source builds: make web" >&2; exit 1; }

# ----------------------------------------------------------------------------------------------------------------------
# For developers

web: $(WEB)/node_modules/.package-lock.json ## Build the page into callcenter/web/static (needs Node)
	@cd $(WEB) && npm run --silent build

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	@echo "Installing the front end's packages"; cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

lock: $(UV) ## Refresh requirements.lock (newer releases: ARGS=--upgrade)
	@$(UV) pip compile pyproject.toml --extra test --extra e2e --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command "make lock" --quiet --output-file requirements.lock $(ARGS)
	@$(UV) pip compile bench/requirements.in --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command "make lock" --quiet --output-file bench/requirements.lock $(ARGS)
	@$(UV) pip compile pyproject.toml --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command "make lock" --quiet --output-file $(IMAGE_LOCK)
	@$(MAKE) lock-check

lock-check: $(UV) ## Prove that every locked package has a wheel for each supported Python and system
	@for python in 3.11 3.12 3.13 3.14; do \
	  for system in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-apple-darwin aarch64-apple-darwin; do \
	    $(UV) pip compile requirements.lock bench/requirements.lock --python-version $$python --python-platform $$system --only-binary :all: --quiet \
	      >/dev/null || { echo "no wheels: Python $$python on $$system" >&2; exit 1; }; \
	  done; done; echo "requirements.lock: wheels for Python 3.11 to 3.14, Linux and macOS, x86_64 and arm64"

clean: ## Remove all that was installed or cached (not what the service stored)
	@rm -rf $(VENV) .tools $(WEB)/node_modules .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
