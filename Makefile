# Each target works on a fresh machine with Python 3.11 or later and make.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: verify test serve check bench format

verify: .venv/ready  ## judge the embedded mock by the contract suite
	$(BIN)/tyk-contract verify

test: .venv/ready  ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

serve: .venv/ready  ## run the mock on port 8080
	$(BIN)/tyk-contract serve

check: .venv/ready  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready  ## measure the mock beside its peers; needs wrk and npm
	$(BIN)/python -m bench

format: .venv/ready  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
