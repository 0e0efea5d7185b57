# The two commands that matter are `make demo` and `make test`; both set up .venv by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
UV     := $(BIN)/uv

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export UV_LINK_MODE ?= copy

.DEFAULT_GOAL := help
.PHONY: help setup demo test servers release-check accuracy bench fuzz check unlocked format lock schema docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

setup: $(STAMP) ## make .venv from requirements.lock

# pip brings uv at the locked version and digest; uv then installs everything else, build back ends included.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "dafu needs Python 3.11 or later; say which one: make setup PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock.txt
	@$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.lock.txt
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes --build-constraints requirements.lock requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## scrape, parse and release the demo dataset, then query it
	@$(BIN)/dafu run demo
	@$(BIN)/dafu queries demo lag_by_year

# Two processes: one has the tests that need a server, see tests/workers.py. WORKERS=0 runs all in one.
WORKERS ?= 2
test: $(STAMP) ## run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) -p tests.workers

release-check: $(STAMP) ## check that releases tell what changed and why, and stay whole when they are killed
	@KILLS=40 $(BIN)/python -m pytest tests/flows/test_changes.py tests/flows/test_release_integrity.py

servers: $(STAMP) ## run the tests that start Prefect servers and workers, and kill them
	@$(BIN)/python -m pytest -m servers

accuracy: $(STAMP) ## measure the parser against letters read by hand
	@$(BIN)/python -m tests.accuracy.measure

check: $(STAMP) ## lint, format check, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# In an environment of its own: what we are measured against is nothing that dafu needs.
BENCH := $(VENV)/bench
$(BENCH)/.installed: requirements-bench.lock $(STAMP)
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(UV) pip sync --quiet --python $(BENCH)/bin/python --require-hashes --build-constraints requirements.lock requirements-bench.lock
	@$(UV) pip install --quiet --python $(BENCH)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

bench: $(BENCH)/.installed ## measure speed and memory, side by side with others
	@$(BENCH)/bin/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=median,min,max,rounds --timeout=0

# What it finds new is kept beside the environment, and a finding too: give its file instead of the folders to see it again.
SECONDS ?= 60
FOUND := $(VENV)/fuzz
fuzz: $(BENCH)/.installed ## give the parser made-up bytes for SECONDS, and fail on a finding
	@mkdir -p $(FOUND)/corpus
	@$(BENCH)/bin/python -m tests.fuzz.pages -max_total_time=$(SECONDS) -timeout=20 -rss_limit_mb=4096 -max_len=16384 \
	  -dict=tests/fuzz/words.dict -artifact_prefix=$(FOUND)/ $(FOUND)/corpus tests/fuzz/corpus

# The lock hides what a plain install would get: this shows whether the bounds in pyproject.toml are enough.
UNLOCKED := $(VENV)/unlocked
unlocked: $(STAMP) ## install without the lock, and run the demo with that
	@rm -rf $(UNLOCKED)
	@$(PYTHON) -m venv $(UNLOCKED)
	@$(UV) pip install --quiet --python $(UNLOCKED)/bin/python .
	@mkdir -p $(UNLOCKED)/datasets/demo $(UNLOCKED)/datasets/liaoning-education
	@cp -R datasets/demo/dataset.toml datasets/demo/site $(UNLOCKED)/datasets/demo/
	@cp -R datasets/liaoning-education/queries $(UNLOCKED)/datasets/liaoning-education/
	@$(UNLOCKED)/bin/dafu run demo --datasets $(UNLOCKED)/datasets

format: $(STAMP) ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## resolve requirements.lock anew (hashes, no addresses)
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --upgrade --group dev --group setup pyproject.toml --output-file requirements.lock
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --upgrade --group bench --group setup --constraints requirements.lock pyproject.toml \
	  --output-file requirements-bench.lock

schema: $(STAMP) ## write schemas/snapshot.json, with the version that the changes ask for
	@$(BIN)/python -c 'from schemas import snapshot; snapshot.write()'

docs: $(STAMP) ## write the reference pages from schemas/ and the command line
	@$(BIN)/python -m flows.reference
	@$(BIN)/python -m tests.accuracy.measure --write

clean: ## remove .venv and what the tools cached
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
