# Each target works on a fresh machine with Python 3.11 or later and make.

PYTHON ?= python3
BIN := .venv/bin
COVERED := 95# per cent of lines and branches that tests must reach
# Tests are full of made-up secrets, so that a word or a long text alone is no find; the form of a real one is.
UNLIKE := --disable-plugin KeywordDetector --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString

.PHONY: verify test serve check bench format

verify: .venv/ready  ## judge the embedded mock by the contract suite
	$(BIN)/tyk-contract verify

test: .venv/ready  ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

serve: .venv/ready  ## run the mock on port 8080
	$(BIN)/tyk-contract serve

check: .venv/check  ## lint, types, dead code, secrets, known vulnerabilities, branch coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture
	git ls-files -z -- . ':!spec/gateway/recordings' | xargs -0 $(BIN)/detect-secrets-hook $(UNLIKE)
	$(BIN)/pip-audit --local --skip-editable
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=$(COVERED)

bench: .venv/ready  ## measure the mock beside its peers; needs wrk and npm; flags in BENCH
	$(BIN)/python -m bench $(BENCH)

format: .venv/ready  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/check: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[check]'
	touch $@

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
