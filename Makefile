# Two commands do everything on a fresh machine: make sweep, make test.
# PYTHON: which Python makes .venv (3.11 or 3.12). ASK: what to add to run_sweep.py, e.g. make sweep ASK="do=plan".
# COST: what to add to benchmarks/cost.py, e.g. make benchmark-cost COST=--markdown.
PYTHON ?= python3
ASK ?=
COST ?=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: sweep test test-slow lint format benchmark benchmark-cost benchmark-analysis clean

sweep: $(VENV)/ready
	@$(BIN)/python run_sweep.py $(ASK)

test: $(VENV)/ready
	$(BIN)/python -m pytest -n auto

test-slow: $(VENV)/ready
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: $(VENV)/ready
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/linear_classifier.py

benchmark-cost: $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,counters]'
	$(BIN)/python benchmarks/cost.py $(COST)

# Time from results to verdicts, then coverage of intervals and false verdicts on planted studies: about ten minutes.
benchmark-analysis: $(VENV)/ready
	$(BIN)/python benchmarks/analysis.py
	$(BIN)/python benchmarks/coverage.py

# The stamp is written last, so a .venv whose making was interrupted is made again.
$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
		{ echo "Python 3.11 or 3.12 is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1); say make PYTHON=python3.11" >&2; exit 2; }
	@echo "making $(VENV) (a few minutes, once)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
