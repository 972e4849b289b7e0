# Needs python3 (3.11 or newer) and make; no root, no Docker. `make` alone lists the targets.
PYTHON ?= python3
ARGS ?=

BIN := .venv/bin

# Where a shell forbids it, each of the many processes of a test run compiles all of us anew, which doubles its time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv demo-venv demo simulate up test coverage chaos alarms bench lint format type constraints clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: demo-venv ## Simulated conversations become simulated cases, live; ARGS="--conversations 500 --keep"
	@$(BIN)/cody2zoho demo $(ARGS)

simulate: demo-venv ## Only the simulators of Cody and Zoho
	@$(BIN)/cody2zoho simulate $(ARGS)

up: demo-venv ## The real thing on this machine, with the credentials in .env
	@$(BIN)/cody2zoho up $(ARGS)

# A few at a time: the long ones come first, and must not all go to one process.
PYTEST := -n auto --maxschedchunk=2

test: venv ## All tests; ARGS="-k transcript" chooses
	@$(BIN)/pytest $(PYTEST) $(ARGS)

# Worker and beat processes that the tests start are counted as well: see [tool.coverage.run].
coverage: venv ## All tests, and which lines they do not reach
	@rm -f .coverage .coverage.*
	@status=0; $(BIN)/coverage run -m pytest $(PYTEST) $(ARGS) || status=$$?; \
	$(BIN)/coverage combine -q && $(BIN)/coverage report --skip-covered --show-missing; exit $$status

chaos: venv ## Break everything with 20 different seeds, as `cody2zoho prove` does; ARGS="--seed 7 --seeds 1"
	@$(BIN)/cody2zoho prove --seeds 20 $(ARGS)

alarms: venv ## Provoke each alert in the simulators, and show what a webhook gets; ARGS="-k redis" chooses
	@$(BIN)/pytest -q -s -p no:logging tests/unit/alerts/test_every_alert.py $(ARGS) 2>/dev/null

bench: venv ## Speed and memory, as in docs/performance.md
	@$(BIN)/python -m tests.bench $(ARGS)

lint: venv ## Style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: venv ## Mend what lint can mend by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

type: venv ## Types
	@$(BIN)/mypy

# async-timeout is needed up to Python 3.11.2 only, and newer Pythons would leave it out.
constraints: venv ## Resolve all packages afresh and pin them
	@$(BIN)/python -m pip install --dry-run --ignore-installed -qq --report .venv/report.json \
		'.[embedded,dev]' pip async-timeout
	@$(PYTHON) .ci/constraints.py .venv/report.json constraints.txt
	@git --no-pager diff --stat -- constraints.txt || true

clean: ## Remove .venv and caches; .env and .state (your data) stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.* dist
	find cody2zoho tests -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@$(PYTHON) .ci/venv.py dev

demo-venv:
	@$(PYTHON) .ci/venv.py demo
