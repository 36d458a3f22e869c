# Two commands do everything on a fresh machine: make sweep, make test.
# PYTHON: which Python makes .venv (3.11 or 3.12). ASK: what to add to run_sweep.py, e.g. make sweep ASK="do=plan".
# COST: what to add to benchmarks/cost.py, e.g. make benchmark-cost COST=--markdown.
# TRAINING: what to add to benchmarks/training.py, e.g. make benchmark-training TRAINING="--rounds 3".
# SWEEPS: what to add to benchmarks/sweeps.py, e.g. make benchmark-sweeps SWEEPS=--without-training.
# PACK: what make offline-pack is given: a tar of class folders, and options of scripts/offline_pack.py.
# SLURM_UP: what starts a Slurm for make test-slurm where none runs.
PYTHON ?= python3
ASK ?=
COST ?=
TRAINING ?=
SWEEPS ?=
PACK ?= ../shared/data/cifar10.tar.gz
SLURM_UP ?= ../shared/slurm/up
VENV := .venv
BIN := $(VENV)/bin
TIMM := .venv-timm
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: sweep test test-slow test-slurm lint format benchmark benchmark-cost benchmark-analysis benchmark-training benchmark-sweeps offline-pack clean

sweep: $(VENV)/ready
	@$(BIN)/python run_sweep.py $(ASK)

test: $(VENV)/ready
	$(BIN)/python -m pytest -n auto

test-slow: $(VENV)/ready
	$(BIN)/python -m pytest -m slow

# On a real Slurm: the one that is there, else what SLURM_UP starts.
test-slurm: $(VENV)/ready
	@sinfo >/dev/null 2>&1 || bash $(SLURM_UP)
	$(BIN)/python -m pytest -m slurm

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

# This lab beside timm and a bare loop: about six minutes on two cores, once .venv-timm is made (docs/speed.md).
benchmark-training: $(VENV)/ready
	@$(MAKE) --no-print-directory $(TIMM)/ready || echo "$(TIMM) cannot be made; timm is left out"
	$(BIN)/python benchmarks/training.py $(TRAINING)

# Planning, going on and a sweep's own time, a table of 100,000 results: about fifteen minutes.
benchmark-sweeps: $(VENV)/ready
	$(BIN)/python benchmarks/sweeps.py $(SWEEPS)

# What a machine with a GPU and without a network needs, in offline-pack/.
offline-pack: $(VENV)/ready
	$(BIN)/python scripts/offline_pack.py $(PACK)

# timm has an environment of its own: the torchvision that it needs is built for CUDA, and does not fit a CPU torch unaided.
$(TIMM)/ready: constraints.txt
	@echo "making $(TIMM) (a few minutes, once)"
	@rm -rf $(TIMM)
	@$(PYTHON) -m venv $(TIMM)
	@$(TIMM)/bin/python $(PIP) torch
	@$(TIMM)/bin/python $(PIP) --no-deps torchvision
	@$(TIMM)/bin/python $(PIP) timm numpy pillow pyyaml
	@touch $@

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
	rm -rf $(VENV) $(TIMM) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
