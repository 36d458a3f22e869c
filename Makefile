# Two commands do everything on a fresh machine: make sweep, make test. `make help` lists the rest.
# Variables:
#   PYTHON    Python that creates .venv: 3.11 or 3.12
#   ASK       arguments of run_sweep.py, such as make sweep ASK="do=plan"
#   COST      arguments of benchmarks/cost.py, such as make benchmark-cost COST=--markdown
#   TRAINING  arguments of benchmarks/training.py, such as make benchmark-training TRAINING="--rounds 3"
#   SWEEPS    arguments of benchmarks/sweeps.py, such as make benchmark-sweeps SWEEPS=--without-training
#   PACK      arguments of scripts/offline_pack.py: a tar of class folders, and options
#   SLURM_UP  script that starts a Slurm for make test-slurm where none runs
PYTHON ?= python3
ASK ?=
COST ?=
TRAINING ?=
SWEEPS ?=
PACK ?= ../shared/data/cifar10.tar.gz --a-class 1400
SLURM_UP ?= ../shared/slurm/up
VENV := .venv
BIN := $(VENV)/bin
TIMM := .venv-timm
# Modules are compiled when they are first imported: compiling all of them takes a minute, and most are never used.
PIP := -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt

.DEFAULT_GOAL := sweep
.PHONY: help sweep test test-slow test-slurm test-browser lint format benchmark benchmark-cost benchmark-analysis benchmark-training benchmark-sweeps offline-pack docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

sweep: $(VENV)/ready ## run a study: the one in conf/study/quick.yaml, or what ASK says
	@$(BIN)/python run_sweep.py $(ASK)

test: $(VENV)/ready ## run the tests but those marked slow, slurm and browser
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/ready ## run the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-slurm: $(VENV)/ready ## run the tests on a real Slurm; SLURM_UP starts one where none runs
	@sinfo >/dev/null 2>&1 || bash $(SLURM_UP)
	$(BIN)/python -m pytest -m slurm

test-browser: $(VENV)/browser-ready ## run the tests of the page in the chromium or chrome of this machine
	$(BIN)/python -m pytest -m browser tests/report

lint: $(VENV)/ready ## check style, imports and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/ready ## format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: $(VENV)/ready ## time planning, and train a linear classifier for comparison
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/linear_classifier.py

benchmark-cost: $(VENV)/ready ## compare the cost counter with others
	@$(BIN)/python $(PIP) --editable '.[dev,counters]'
	$(BIN)/python benchmarks/cost.py $(COST)

benchmark-analysis: $(VENV)/ready ## time the statistics, and check coverage and false verdicts on synthetic studies (20 min)
	$(BIN)/python benchmarks/analysis.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/coverage.py

benchmark-training: $(VENV)/ready ## compare training speed with timm and a plain loop (6 min; see docs/speed.md)
	@$(MAKE) --no-print-directory $(TIMM)/ready || echo "cannot create $(TIMM); skipping timm"
	$(BIN)/python benchmarks/training.py $(TRAINING)

benchmark-sweeps: $(VENV)/ready ## time planning, resuming, the overhead of sweeps, and a table of 100,000 results (15 min)
	$(BIN)/python benchmarks/sweeps.py $(SWEEPS)

docs: $(VENV)/docs-ready ## build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "documentation: site/index.html"

offline-pack: $(VENV)/ready ## collect in offline-pack/ what a machine with a GPU but no network needs
	$(BIN)/python scripts/offline_pack.py $(PACK)

# timm gets a separate environment: its torchvision is built for CUDA, and pip cannot resolve it together with a CPU torch.
$(TIMM)/ready: constraints.txt
	@echo "creating $(TIMM) (takes a few minutes, once)"
	@rm -rf $(TIMM)
	@$(PYTHON) -m venv $(TIMM)
	@$(TIMM)/bin/python $(PIP) torch
	@$(TIMM)/bin/python $(PIP) --no-deps torchvision
	@$(TIMM)/bin/python $(PIP) timm numpy pillow pyyaml
	@touch $@

# The stamp is written last, so that an interrupted installation is repeated.
$(VENV)/ready: pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) --version 2>&1); Python 3.11 or 3.12 is required: make PYTHON=python3.11" >&2; exit 2; }
	@echo "creating $(VENV) (takes a few minutes, once)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) torch
	@$(BIN)/python $(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/docs-ready: $(VENV)/ready
	@$(BIN)/python $(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/browser-ready: $(VENV)/ready
	@$(BIN)/python $(PIP) --editable '.[browser]'
	@touch $@

clean: ## remove environments, caches and build outputs
	rm -rf $(VENV) $(TIMM) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info build dist site
