# Targets for everyday work. `make` lists them.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help check format test demo ci keys settings pictures clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

check: .venv/installed  ## Lint, formatting, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed  ## Format the code and fix what lint can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: .venv/installed  ## Run the tests
	$(BIN)/python -m pytest -q

demo: .venv/installed  ## Start the demo
	$(BIN)/copytui demo

ci:  ## Everything a change must pass, from nothing
	bash .ci/run

keys: .venv/installed  ## Write the table of keys into docs/screen.md
	$(BIN)/python benchmarks/screenshots.py --keys > docs/screen.keys
	awk '/^<!-- keys -->$$/ {print; while ((getline row < "docs/screen.keys") > 0) print row; skip = 1} \
		/^<!-- \/keys -->$$/ {skip = 0} !skip' docs/screen.md > docs/screen.new
	mv docs/screen.new docs/screen.md
	rm docs/screen.keys

settings: .venv/installed  ## Write the example files, the schema and the page of the settings
	$(BIN)/python -m copytui.settings.generate

pictures: .venv/installed  ## Draw the pictures of docs/ from the running demo
	$(BIN)/python benchmarks/screenshots.py

clean:  ## Remove caches and what a build leaves
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache snapshot_report.html
