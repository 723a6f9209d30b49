# `make run` and `make test` set up what they need; `make help` lists the rest.
# A stamp file is written only after its step succeeded, so an interrupted run is repaired by the
# next one. Everything local is in .venv/, node_modules/, static/vendor/, staticfiles/ and var/.

PYTHON ?= python3
BIN := .venv/bin
IN_VENV := $(BIN)/python
PIP := $(IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes

VENV_MADE := .venv/.made
PACKAGES_MADE := .venv/.packages-made
SQL_PACKAGES_MADE := .venv/.sql-packages-made
DEV_PACKAGES_MADE := .venv/.dev-packages-made
INSTALLING := .venv/.installing
NODE_MADE := node_modules/.made
STATIC_MADE := staticfiles/.made

VENDORED := static/vendor/htmx.min.js static/vendor/pico.min.css
STATIC_SOURCES := $(shell find static -type f -not -path 'static/vendor/*' 2>/dev/null)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run dev test fmt lint openapi bench reset setup setup-dev chromium postgresql need-python need-node

# An environment whose Python is gone, or that pip was filling when it was killed, is made anew:
# pip takes a half-installed package for an installed one.
ifneq ($(filter-out help reset need-%,$(MAKECMDGOALS)),)
$(shell test -e $(VENV_MADE) || exit 0; \
	test ! -e $(INSTALLING) && $(IN_VENV) -c '' 2>/dev/null || rm -f $(VENV_MADE))
endif

help: ## This list
	@echo 'make run    is all you need to start; make test proves that it works.'
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /\1	/' \
		| while IFS='	' read -r name text; do printf '  make %-7s %s\n' "$$name" "$$text"; done

run: setup ## Set up what is missing and serve on http://127.0.0.1:8000 (PORT, HOST)
	@$(IN_VENV) -m config.serve

dev: setup ## The same with Django's own server, which reloads changed code
	@$(IN_VENV) -m config.serve --dev

test: lint chromium postgresql ## Everything: lint, types, layers, unit, integration and browser tests
	$(IN_VENV) -m pytest -n 3 --dist worksteal

fmt: setup-dev ## Format Python and templates, sort imports
	$(IN_VENV) -m ruff check --fix-only --quiet .
	$(IN_VENV) -m ruff format .
	$(IN_VENV) -m djhtml templates

lint: setup-dev ## ruff, mypy, import-linter, template format
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy .
	$(IN_VENV) $(BIN)/lint-imports
	$(IN_VENV) -m djhtml --check templates

openapi: setup ## Write docs/openapi.json anew
	@$(IN_VENV) manage.py openapi_snapshot

bench: setup-dev ## Requests per second, CPU per request, import throughput
	$(IN_VENV) -m benchmarks

reset: need-python ## Delete the local data in var/, after asking
	@$(PYTHON) -m config.reset

setup: $(PACKAGES_MADE) $(SQL_PACKAGES_MADE) $(NODE_MADE) $(VENDORED) $(CATALOGUES)

# The other stages serve static files from where they are.
ifeq ($(STAGE),production)
setup: $(STATIC_MADE)
endif

setup-dev: $(DEV_PACKAGES_MADE) setup

need-python:
	@command -v $(PYTHON) >/dev/null || { echo 'Backroom needs Python 3.11 or newer, and there is no $(PYTHON): install it, or name another with PYTHON=/path/to/python3.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Backroom needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1): name another with PYTHON=/path/to/python3." >&2; exit 1; }

need-node:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo 'Backroom needs Node 18 or newer with npm: install it and run this again.' >&2; exit 1; }
	@node -e 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' || { echo "Backroom needs Node 18 or newer, and node is $$(node --version): install a newer one and run this again." >&2; exit 1; }

$(VENV_MADE): | need-python
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo '$(PYTHON) cannot make virtual environments: install its venv package (Debian, Ubuntu: apt-get install python3-venv).' >&2; exit 1; }
	@echo 'Making the Python environment in .venv …'
	@$(PYTHON) -m venv --clear .venv
	@touch $@

$(PACKAGES_MADE): requirements.txt $(VENV_MADE)
	@echo 'Installing the Python packages …'
	@touch $(INSTALLING)
	@$(PIP) -r requirements.txt
	@rm -f $(INSTALLING)
	@touch $@

$(SQL_PACKAGES_MADE): requirements-sql.txt $(PACKAGES_MADE)
	@echo 'Installing the Python packages for import_sql …'
	@touch $(INSTALLING)
	@$(PIP) -r requirements-sql.txt
	@rm -f $(INSTALLING)
	@touch $@

$(DEV_PACKAGES_MADE): requirements-dev.txt $(PACKAGES_MADE) $(SQL_PACKAGES_MADE)
	@echo 'Installing the Python packages for development …'
	@touch $(INSTALLING)
	@$(PIP) -r requirements-dev.txt
	@rm -f $(INSTALLING)
	@touch $@

$(NODE_MADE): package.json package-lock.json | need-node
	@echo 'Installing the npm packages …'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

static/vendor/htmx.min.js: node_modules/htmx.org/dist/htmx.min.js
static/vendor/pico.min.css: node_modules/@picocss/pico/css/pico.min.css
node_modules/htmx.org/dist/htmx.min.js node_modules/@picocss/pico/css/pico.min.css: $(NODE_MADE) ;

$(VENDORED): $(NODE_MADE)
	@mkdir -p $(@D)
	@cp $(filter %$(@F),$^) $@.draft
	@mv $@.draft $@

%.mo: %.po $(PACKAGES_MADE)
	@$(IN_VENV) -m babel.messages.frontend --quiet compile --input-file=$< --output-file=$@.draft
	@mv $@.draft $@

$(STATIC_MADE): $(STATIC_SOURCES) $(VENDORED) $(PACKAGES_MADE)
	@$(IN_VENV) manage.py collectstatic --noinput --clear --verbosity=0
	@touch $@

# Without a server the tests that need one are skipped and say so.
postgresql:
	@command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo 'Installing PostgreSQL for the tests of import_sql …'; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y postgresql || true; \
	fi

# Playwright's own download is the way for machines without apt.
chromium: setup-dev
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	$(IN_VENV) -c 'import pathlib, playwright.sync_api as p; w = p.sync_playwright().start(); found = pathlib.Path(w.chromium.executable_path).exists(); w.stop(); raise SystemExit(not found)' && exit 0; \
	echo 'Installing Chromium for the browser tests …'; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium && exit 0; \
	fi; \
	$(IN_VENV) -m playwright install chromium && exit 0; \
	echo 'The browser tests need Chromium: install it with your package manager and run this again.' >&2; \
	exit 1
