# Everything a newcomer needs: `make run` to see the product, `make test` to trust it. Both start from a fresh Debian-like
# machine with Python >= 3.11, make and git, and repeat only what has changed.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export PYTHON ?= python3
# Compiled once and kept: a test run starts a hundred interpreters, and each would compile every module again.
export PYTHONDONTWRITEBYTECODE :=
UV_VERSION := 0.13.9
BIN := .venv/bin
# One more than two cores: a fifth of a test run waits for servers. Each worker has its own; more cores may take more.
PYTEST_WORKERS ?= 3
PORT ?= 8000

define step
	@printf '\n\033[1m== %s\033[0m\n' '$(1)'; { $(2); } || { printf '\nStopped: "%s" failed.\n' '$(1)' >&2; exit 1; }
endef
unreached = echo "Python packages could not be installed: mend what stands above (most often no package index is reached), then run make again." >&2; exit 1
NPM := cd frontend && npm

.PHONY: help run test checks style-check types-check layers-check check known-feature docs test-long bench pictures lint reset portal openapi clean python system-run system-test environment install install-dev install-docs frontend-check

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Load the demonstration world and serve it on http://localhost:8000 (elsewhere: make run PORT=8001)
	@SCAICONTROL_ENV=development .ci/alone "make run" $(BIN)/scaicontrol demo --port $(PORT)

test: install-dev ## Check style, types, layers, the portal and every claim (some 20 minutes on two cores)
	@.ci/alone "make test" $(MAKE) --no-print-directory checks

# Types and the portal take a core each; what one says is shown when it is through.
checks:
	@$(MAKE) --no-print-directory --jobs 2 --output-sync style-check types-check layers-check frontend-check
	$(call step,pytest,$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadscope --durations 10)

style-check:
	$(call step,ruff check,$(BIN)/ruff check .)
	$(call step,ruff format --check,$(BIN)/ruff format --check .)

types-check:
	$(call step,mypy,$(BIN)/mypy)

layers-check:
	$(call step,lint-imports,$(BIN)/lint-imports)

check: known-feature install-dev ## Check one feature in under a minute: make check FEATURE=tenants
	@.ci/check-feature "$(FEATURE)"

docs: install-docs ## Make the documentation into a site in build/site, every link checked
	@$(BIN)/python -m docs_site

test-long: install-dev ## Run the tests that take minutes: the three-node cluster, faults, long simulations
	$(call step,pytest long,$(BIN)/python -m pytest -q -m "long or galera")

bench: install-dev ## Measure speed as ratios of two things in one run
	$(call step,benchmarks,$(BIN)/python -m benchmarks)

pictures: install-dev ## Make a picture of every page of the console, with make run in another terminal
	$(call step,pictures,$(BIN)/python -m tests.e2e.console_pictures http://localhost:$(PORT) pictures)

lint: install-dev ## Mend style where a machine can, then check style, types and layers
	$(call step,ruff check --fix,$(BIN)/ruff check --fix .)
	$(call step,ruff format,$(BIN)/ruff format .)
	$(call step,mypy,$(BIN)/mypy)
	$(call step,lint-imports,$(BIN)/lint-imports)

reset: ## Forget the local database, documents and mails of make run
	@.ci/alone "make run" rm -rf var

portal: frontend/node_modules/.installed ## Build the portal again after a change in frontend/
	$(call step,build the portal,$(NPM) run build)

openapi: install ## Describe the API to the portal again after a change in scaicontrol/api
	$(call step,describe the API,$(BIN)/scaicontrol openapi --portal > frontend/openapi.json)

clean: ## Remove what make installed or built; keeps the data in var/
	@.ci/alone "make run" true && .ci/alone "make test" true
	rm -rf .venv frontend/node_modules frontend/dist scaicontrol/static/portal build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Asked before anything is installed.
known-feature:
	@.ci/check-feature --known "$(FEATURE)"

install: python system-run environment .venv/.installed
install-dev: python system-test environment .venv/.installed-dev
install-docs: python system-run environment .venv/.installed-docs

ifeq ($(wildcard .venv/pyvenv.cfg),)
python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "There is no $(PYTHON) on this machine: install Python 3.11 or newer, or run make PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ScaiControl needs Python 3.11 or newer, $(PYTHON) is older: run make PYTHON=/path/to/python3.11." >&2; exit 1; }
else
python:
endif

# An environment whose interpreter went away, or that was copied from another folder, answers nothing that can be acted on.
environment:
	@.ci/environment

system-run:
	@.ci/system-packages run

system-test:
	@.ci/system-packages test

.venv/.uv-$(UV_VERSION):
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ echo "Python cannot create .venv: install the package python3-venv (Debian) and run make again." >&2; exit 1; }
	@echo 'Installing Python packages'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { $(unreached); }
	@touch $@

# The editable install runs the build hook, which builds the portal.
.venv/.installed: .venv/.uv-$(UV_VERSION) requirements.txt pyproject.toml $(wildcard hatch_build.py)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt || { $(unreached); }
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

# The documentation is built by a test, too.
.venv/.installed-dev: .venv/.installed-docs requirements-dev.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt -r requirements-dev.txt || { $(unreached); }
	@touch $@

.venv/.installed-docs: .venv/.installed requirements-docs.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt -r requirements-docs.txt || { $(unreached); }
	@touch $@

# Node from 20.19 on the 20 line, or 22.12 and newer; the build hook brings its own where there is none.
NODE_FITS = const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)
ifneq ($(and $(wildcard frontend/package.json),$(shell command -v npm >/dev/null && node -e '$(NODE_FITS)' && echo yes)),)
frontend-check: frontend/node_modules/.installed
	$(call step,portal: npm run check,$(NPM) run check)
	$(call step,portal: npm test,$(NPM) test)
	$(call step,portal: npm run build,$(NPM) run build)
	$(call step,portal: npm run budget,$(NPM) run --if-present budget)
else
frontend-check:
	@printf '\n== portal: skipped, there is no Node 20.19, 22.12 or newer on this machine\n'
endif

frontend/node_modules/.installed: frontend/package.json $(wildcard frontend/package-lock.json)
	@command -v npm >/dev/null || \
		{ echo "The portal is built with npm, which is not on this machine: install Node.js 20.19, 22.12 or newer, then run this again." >&2; exit 1; }
	$(call step,portal: npm ci,$(NPM) ci --no-audit --no-fund)
	@touch $@
