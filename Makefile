# Everything a person types. `make run` needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
BIN := .venv/bin

.PHONY: run setup setup-dev test test-all interop coverage lint format bench prior screenshots lock clean
run: setup
	@exec $(BIN)/python manage.py up --host $(HOST) --port $(PORT)

setup: .venv/installed

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
.venv/installed: requirements-web.lock requirements-training.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "marginalia: Python 3.11 or newer is needed ($(PYTHON) is missing or older); name one with: make run PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "marginalia: $(PYTHON) cannot make a virtual environment; install its venv module (Debian: python3-venv)" >&2; exit 1; }
	@echo "Installing packages (once) …"
	@$(INSTALL) -r requirements-web.lock
	@$(INSTALL) -r requirements-training.lock
	@touch $@

setup-dev: .venv/installed-dev

.venv/installed-dev: requirements-dev.lock .venv/installed
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

.venv/installed-bench: requirements-bench.lock .venv/installed-dev
	@$(INSTALL) -r requirements-bench.lock
	@touch $@

# Pins again what pyproject.toml names; versions that still fit stay. requirements-training.lock is kept by hand.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock'
lock:
	@$(LOCK) pyproject.toml --output-file requirements-web.lock
	@$(LOCK) pyproject.toml --group dev --output-file requirements-dev.lock
	@$(LOCK) pyproject.toml --group bench --output-file requirements-bench.lock

# The quick suite; `test-all` adds the histories and whole-line runs marked slow. Two processes more than there are cores, for
# many tests wait for a browser; each with a database.
PROCESSES ?= $(shell cores=$$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); test $$cores -lt 4 && echo $$((cores + 2)) || echo 4)
SHARED := -n $(PROCESSES) --dist loadgroup --durations=10
test: setup-dev
	@$(BIN)/python -m pytest $(SHARED) -m "not slow" $(ARGS)

test-all: setup-dev
	@$(BIN)/python -m pytest $(SHARED) $(ARGS)

# Our exports, opened by the libraries that they are made for, in an environment of their own.
.venv/interop/installed: interop/requirements.txt .venv/installed-dev
	@$(PYTHON) -m venv .venv/interop
	@.venv/interop/bin/python -m pip install --quiet --disable-pip-version-check -r interop/requirements.txt
	@touch $@

interop: .venv/interop/installed
	@$(BIN)/python -m pytest interop $(ARGS)

# Lines and branches that the quick suite runs in its own processes. What web and Celery processes of a browser test run comes on top.
coverage: setup-dev
	@$(BIN)/python -m pytest $(SHARED) -m "not slow" --cov --cov-report=term:skip-covered $(ARGS)

lint: setup-dev
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports
	@$(BIN)/oxlint --quiet annotator
	@$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run > /dev/null || { echo "marginalia: a model has changed without a migration" >&2; exit 1; }

format: setup-dev
	@$(BIN)/python -m ruff format .
	@$(BIN)/python -m ruff check --fix .

# make bench NAME=line (or several, or all): one JSON line a figure.
NAME ?= all
bench: .venv/installed-bench
	@$(BIN)/python -m benchmarks $(NAME)

# What is known of learning curves beforehand, learned anew from the curves in MARGINALIA_DATA.
prior: setup-dev
	@$(BIN)/python -m benchmarks.prior

screenshots: setup-dev
	@$(BIN)/python docs/screenshots.py

clean:
	rm -rf .venv var
