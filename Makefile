# `make help` lists the targets. Each sets up what it needs and is quick the second time.
PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
PORT ?= 8000
DATA ?= data
RUN ?= runs/dcgan_v1_64
EXAMPLES ?= 100
MINUTES ?= 10
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test test-all schemathesis fuzz lint format bench bench-peers overload faults bench-training engines train clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Serve planets: gateway and page on http://127.0.0.1:8000 (PORT=8000)
	$(BIN)/python -m serving.gateway --backend embedded --port $(PORT)

test: $(VENV)/.dev ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-all: $(VENV)/.dev ## Run the tests that need minutes or gigabytes, too
	$(BIN)/python -m pytest -n auto --dist loadfile

schemathesis: $(VENV)/.dev ## Try the API with requests made up from its OpenAPI document (EXAMPLES=100 per route)
	$(BIN)/python -m tests.serving.gateway.openapi.fuzz --max-examples $(EXAMPLES) --continue-on-failure

fuzz: $(VENV)/.dev ## Send the gateway any bytes, JSON and broken pictures, others each time (EXAMPLES=100 of each)
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q tests/serving/gateway/test_fuzzing.py

lint: $(VENV)/.dev ## Check style, and the client's types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --config-file client/pyproject.toml client

format: $(VENV)/.dev ## Fix style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure the gateway against direct calls and the first project's server, with wrk, and bakes; 8 minutes
	$(BIN)/python -m tests.benchmarks.gateway; slower=$$?; $(BIN)/python -m tests.benchmarks.bake && exit $$slower

bench-peers: $(VENV)/.dev $(PEERS)/.installed ## Measure FastAPI, Flask, LitServe and others beside the gateway, with wrk, 12 minutes
	$(BIN)/python -m tests.benchmarks.peers --venvs $(PEERS)

overload: $(VENV)/.dev ## Ask the gateway for twice what it can answer, with wrk (MINUTES=10)
	$(BIN)/python -m tests.load.overload --minutes $(MINUTES)

faults: $(VENV)/.dev ## Kill, freeze, restart and swap a model server under load, and look at every answer
	$(BIN)/python -m tests.faults

bench-training: $(VENV)/.dev ## Measure the trainer against the first project's loop under keras.Model.fit
	$(BIN)/python -m tests.benchmarks.training

engines: $(VENV)/.dev ## Draw planets in three.js, Babylon.js, Blender and Godot, where these are, and compare the pictures
	$(BIN)/python -m tests.engines

train: $(VENV)/.run ## Train the DCGAN v1 at 64 px on DATA=data (made by datasets.prepare) into RUN=runs/dcgan_v1_64
	$(BIN)/python -m training.train dcgan --variant v1 --size 64 --data $(DATA) --out $(RUN) --resume

clean: ## Delete the virtual environment and caches, nothing that was trained
	rm -rf $(VENV) $(PEERS) .pytest_cache .ruff_cache .mypy_cache .schemathesis .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed, but $(PYTHON) is $$($(PYTHON) -V 2>&1): run make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt serving/requirements.txt | $(VENV)/bin/python
	$(PIP) install --quiet --no-compile -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-arrayrecord.txt requirements-traces.txt requirements.txt serving/requirements.txt | $(VENV)/bin/python
	$(PIP) install --quiet --no-compile -r requirements-dev.txt
	-@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib # on all cores, for the many processes that tests start
	@touch $@ $(VENV)/.run

PEERS_NEED := tests/benchmarks/peers/requirements
$(PEERS)/.installed: $(wildcard $(PEERS_NEED)*.txt) serving/requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(PEERS)/all
	$(PEERS)/all/bin/python -m pip --disable-pip-version-check install --quiet --no-compile -r $(PEERS_NEED).txt
	$(BIN)/python -m venv $(PEERS)/mlserver
	$(PEERS)/mlserver/bin/python -m pip --disable-pip-version-check install --quiet --no-compile -r $(PEERS_NEED)-mlserver.txt
	@touch $@
