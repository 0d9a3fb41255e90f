# Each target is one command that does everything: it makes its own virtual environment in .venv, installs what it
# needs and runs.  The stamp files depend on pyproject.toml, so that an installation is repeated only when that changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
BENCHMARKS ?= $(sort $(wildcard benchmarks/bench_*.py))

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint docs gallery reference bench dist clean
.DELETE_ON_ERROR:

# A Python without ensurepip (Debian without python3-venv) still makes an environment: pip installs itself into it.
new-environment = $(PYTHON) -m venv $(1) 2>/dev/null || \
	{ $(PYTHON) -m venv --clear --without-pip $(1) && $(PYTHON) -m pip --python $(1)/bin/python install pip; }

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'
	@echo "  PYTHON=python3.12 chooses the interpreter (>= 3.11) of a new $(VENV)"

demo: $(STAMPS)/run  ## exact data of p1-fig3b: figures/p1-fig3b.png, .nc and a table
	$(BIN)/permsym figure p1-fig3b -o figures

# Many tests at once, each with one thread of linear algebra; then those that kill or time processes, beside each other only.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest
PARALLEL = --numprocesses=logical --dist=worksteal
SERIAL = $(shell grep -rl mark.serial tests --include='*.py')

test: $(STAMPS)/test  ## the whole suite without the slow tests, doctests included, on all cores
	$(PYTEST) -m "not slow and not serial" $(PARALLEL)
	$(PYTEST) -m "serial and not slow" $(PARALLEL) $(SERIAL)

test-slow: $(STAMPS)/test  ## the tests marked slow
	$(PYTEST) -m "slow and not serial" $(PARALLEL)
	$(PYTEST) -m "slow and serial" $(PARALLEL) $(SERIAL)

lint: $(STAMPS)/dev  ## ruff check, ruff format --check, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(STAMPS)/docs  ## docs/_build/html and a zip of it; changed pages are executed, warnings are errors
	$(BIN)/python -m sphinx -W --keep-going --jobs auto -b html docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html docs/_build/permsym-docs.zip

gallery: $(STAMPS)/run  ## draw the pictures of docs/gallery.md again (half an hour); FIGURES=... chooses some
	$(BIN)/python docs/draw_gallery.py $(FIGURES)

reference: $(STAMPS)/run  ## make the data of the reference set again, resumable (NAMES=... chooses some problems)
	$(BIN)/python data/make_reference.py $(NAMES)

bench: $(STAMPS)/test  ## run benchmarks/bench_*.py; BENCHMARKS=... chooses some
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python "$$script"; done

dist: $(STAMPS)/dev  ## dist/: source archive and the wheel made from it, which is tried in a fresh environment, away from the sources
	rm -rf dist build
	$(BIN)/python -m build --outdir dist .
	$(call new-environment,build/fresh)
	build/fresh/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd build && fresh/bin/permsym solve central-spin N=20 && fresh/bin/python -c "import permsym; print(permsym.open_reference('p1-fig3b').sizes)"

clean:  ## remove the environment, caches and built files; figures/ stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis docs/_build
	find permsym tests benchmarks docs examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "permsym needs Python >= 3.11, but $(PYTHON) is older or missing; use make PYTHON=python3.12 ..." >&2; exit 1; }
	$(call new-environment,$(VENV))
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/run: pyproject.toml | $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(STAMPS)/test $(STAMPS)/docs $(STAMPS)/dev: $(STAMPS)/%: pyproject.toml | $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@
