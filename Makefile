# Every target makes its own virtual environment; nothing but Python 3.11 or newer is needed beforehand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIN    := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --all-build-deps

.PHONY: demo test unit e2e e2e-kind e2e-ring soak lint bench crds lock clean help

help:            ## this list
	@sed -n 's/^\([a-z0-9-]*\): .*## /\1\t/p' $(MAKEFILE_LIST)

$(READY): requirements.lock setup.cfg setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "multicasskop needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)   ## the main job on two real API servers, with progress; DEMO_ARGS="--no-tui --keep" hands flags on
	@$(BIN)/multicasskop demo $(DEMO_ARGS)

test: $(READY)   ## unit tests, then end-to-end tests on every tier that can be had here
	@$(BIN)/python -m pytest -rfEs $(TEST_ARGS)

unit: $(READY)   ## unit tests only
	@$(BIN)/python -m pytest -rfEs unit $(TEST_ARGS)

e2e: $(READY)    ## end-to-end tests only
	@$(BIN)/python -m pytest -rfEs e2e $(TEST_ARGS)

e2e-kind: $(READY) ## end-to-end tests on two kind clusters; needs a container engine
	@$(BIN)/python -m pytest -rfEs -m kind --tier kind e2e $(TEST_ARGS)

e2e-ring: $(READY) ## the article on real Cassandra, and the ring's life; VERSIONS="4.0 4.1 5.0" picks releases
	@VERSIONS="$(or $(VERSIONS),4.1)" $(BIN)/python -m pytest -rfEs -m kind --tier kind e2e/ring/test_article.py e2e/ring/nightly $(TEST_ARGS)

soak: $(READY)   ## the laws, and the campaign of faults and crashes, for long; SLICE=3/20 is the third of twenty parts
	@$(BIN)/python tools/soak.py $(SLICE)
	@$(BIN)/python -m pytest -rfEs e2e/nightly --slice $(or $(SLICE),1/20) $(TEST_ARGS)

lint: $(READY)   ## style, types, layers
	@$(BIN)/python tools/import_tree.py
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy unit e2e bench tools docs/how-to --exclude '^e2e/world/'
	@PYTHONPATH=build/tree $(BIN)/lint-imports

bench: $(READY)  ## the figures, beside the peer's; ONLY=gate picks one
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(BENCH_ARGS)

crds: $(READY)   ## write the CRD manifests again from the models
	@$(BIN)/python -m multicasskop.crds.generate

lock: $(READY)   ## pin all dependencies again, with hashes; those of the images are a part of them
	@$(BIN)/pip install --quiet pip-tools
	@$(PIN) --extra dev -o requirements.lock pyproject.toml
	@$(PIN) --constraint requirements.lock -o images/operator/requirements.lock pyproject.toml
	@$(filter-out --all-build-deps,$(PIN)) --constraint requirements.lock -o images/bootstrap/requirements.lock images/bootstrap/requirements.in

clean:           ## take away what make made here (caches outside the checkout stay)
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis bench/results.json
