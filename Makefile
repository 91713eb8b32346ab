# Two commands set everything up on a fresh machine with Python 3.11+, git and make: `make demo` and `make test`.
PYTHON ?= python3
DJANGO ?=
VENV ?= .venv$(DJANGO)
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
TESTS ?= tests
SHARE ?= 1/25
LONG_TESTS ?= tests/browser tests/databases tests/django tests/laws tests/random tests/scenarios
LOWEST_TESTS ?= $(addprefix tests/unit/,adapters api cli engine graph reporting rewriting)
PAIRS ?= 3000
SEED ?= 1
SAMPLE ?= 400
FLEETS ?= 715
ENGINE ?= sqlite
comma := ,
EXTRAS := test,lint$(if $(STITCHBACK_TEST_POSTGRES),$(comma)postgres)$(if $(STITCHBACK_TEST_MYSQL),$(comma)mysql)$(if $(filter-out 4.2 6.1,$(or $(DJANGO),any)),$(comma)packages)

.PHONY: demo test test-long test-lowest test-all lint types format matrix bench fuzz corrupt mutants man docs wheel integrations clean

demo: $(STAMP)
	$(BIN)/stitchback demo

# The unit tests and a share of the long ones. With TESTS=… all of what is named.
test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(filter tests,$(TESTS)),--long $(SHARE)) $(TESTS)

# Real databases, whole commands, every fixture: all of them, or SHARE=1/3.
test-long: override SHARE := $(if $(filter file,$(origin SHARE)),1,$(SHARE))
test-long: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --long $(SHARE) $(LONG_TESTS)

# Takes hours. Another Django: `make test-long DJANGO=4.2 LONG_TESTS=tests/django`.
test-all:
	$(MAKE) test
	STITCHBACK_ALL_FIXTURES=1 $(MAKE) test-long
	$(MAKE) fuzz
	$(MAKE) corrupt
	$(MAKE) mutants
	$(MAKE) test-lowest wheel integrations

# The unit tests of what uses an outside library, with the lowest version of each that pyproject.toml allows.
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) -m tools.lowest > .venv-lowest/requirements.txt
	.venv-lowest/bin/python -m pip install --quiet --requirement .venv-lowest/requirements.txt
	.venv-lowest/bin/python -m pip install --quiet --no-deps --editable .
	.venv-lowest/bin/python -m pytest -n $(WORKERS) $(LOWEST_TESTS)

# The wheel, built and used in a new environment; pre-commit, the action and the schemas. Both need an index of packages.
wheel integrations: $(STAMP)
	$(BIN)/python -m tools.$@

man: $(STAMP)
	$(BIN)/python -m tools.man_pages build/man

# The documentation as a site, in build/site; a warning is an error.
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(STAMP)
	$(BIN)/python tests/random --pairs $(PAIRS) --seed $(SEED) --workers $(WORKERS)

corrupt: $(STAMP)
	STITCHBACK_FLEETS=$(FLEETS) STITCHBACK_SEED=$(SEED) $(BIN)/python -m pytest -n 0 -s tests/databases/test_seeded_fleets.py -k $(ENGINE)

mutants: $(STAMP)
	$(BIN)/python -m benchmarks.mutants --sample $(SAMPLE) --seed $(SEED) --workers $(WORKERS)

bench: $(STAMP)
	$(BIN)/python -m benchmarks

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[$(EXTRAS)]" $(if $(DJANGO),"django==$(DJANGO).*")
	touch $(STAMP)

clean:
	rm -rf .venv* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .mutants
