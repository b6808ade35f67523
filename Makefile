# Each target works on a fresh machine with Python 3.11 or later and make.

PYTHON ?= python3
BIN := .venv/bin
COVERED := 95# per cent of lines and branches that tests must reach
# Tests are full of made-up secrets, so that a word or a long text alone is no find; the form of a real one is.
UNLIKE := --disable-plugin KeywordDetector --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString

ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: verify test test-all test-lowest serve check bench pictures examples format constraints dist docs sbom

verify: .venv/ready  ## judge the embedded mocks of both services by the contract suite
	$(BIN)/tyk-contract verify --strict
	$(BIN)/tyk-contract verify --strict --service dashboard

test: .venv/ready  ## run the tests, but for those that start whole commands, or repeat others for more releases
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-all: .venv/ready  ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-lowest: .venv/lowest/ready  ## run all tests with the oldest versions that pyproject.toml allows
	.venv/lowest/bin/python -m pytest -n 2 --dist loadfile

serve: .venv/ready  ## run the mock on port 8080
	$(BIN)/tyk-contract serve

check: .venv/check  ## lint, types, dead code, secrets, known vulnerabilities, branch coverage
	$(BIN)/ruff check .
	$(BIN)/hadolint Containerfile
	if command -v go > /dev/null; then go run $(ACTIONLINT) .github/workflows/*.yaml examples/ci/github*.yaml; else echo "without Go the workflows are not linted"; fi
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/vulture
	git ls-files -z -- . ':!spec/gateway/recordings' | xargs -0 $(BIN)/detect-secrets-hook $(UNLIKE)
	$(BIN)/python .ci/audit.py
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=$(COVERED)

bench: .venv/ready  ## measure the mock beside its peers; needs wrk and npm; flags in BENCH
	$(BIN)/python -m bench $(BENCH)

pictures: .venv/ready  ## make the pictures of docs/page.md; needs a Chromium
	PYTHONPATH=tests $(BIN)/python .ci/pictures.py

examples: .venv/ready  ## make the examples of the Dashboard's behaviours anew
	$(BIN)/python .ci/examples.py

format: .venv/ready  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

constraints: .venv/check  ## take the newest versions into constraints.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --all-extras --python-version 3.11 --no-annotate \
		--custom-compile-command "make constraints" --output-file constraints.txt pyproject.toml

docs: .venv/docs  ## build the documentation as a site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

dist: .venv/check  ## build sdist and wheel into dist/, check them, and have the installed wheel judge its mocks
	rm -f dist/*.tar.gz dist/*.whl
	$(BIN)/uv build --quiet --out-dir dist
	$(BIN)/twine check --strict dist/*.tar.gz dist/*.whl
	$(BIN)/uv venv --quiet --clear --seed --python $(BIN)/python .venv/wheel
	$(BIN)/uv pip install --quiet --python .venv/wheel --constraint constraints.txt dist/*.whl
	cd "$$(mktemp -d)" && "$(CURDIR)/.venv/wheel/bin/tyk-contract" verify --strict

sbom: .venv/check  ## write a bill of materials of the product, CycloneDX, to dist/sbom.json
	$(BIN)/uv venv --quiet --clear --seed --python $(BIN)/python .venv/product
	$(BIN)/uv pip install --quiet --python .venv/product --constraint constraints.txt '.[redis]'
	mkdir -p dist
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file dist/sbom.json .venv/product/bin/python

.venv/check: .venv/ready
	$(BIN)/python $(INSTALL) '.[check]'
	touch $@

.venv/docs: .venv/ready
	$(BIN)/python $(INSTALL) '.[docs]'
	touch $@

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python $(INSTALL) '.[dev]'
	$(BIN)/python -m compileall -q mockserver contract_tests  # as pip does for a wheel: half of the time of a start
	touch $@

.venv/lowest/ready: .venv/check
	$(BIN)/uv venv --quiet --clear --seed --python $(BIN)/python .venv/lowest
	$(BIN)/uv pip install --quiet --python .venv/lowest --resolution lowest-direct --editable '.[dev]'
	touch $@
