PYTHON ?= python3
BIN := .venv/bin/python
ARGS ?=
CASES ?= 10000
FLOOD_S ?= 60
EFFORT ?= 4

.DEFAULT_GOAL := help
.PHONY: help hostile install install-dev demo serve stop backup restore check format test test-pages thorough faults fuzz flood inference examples errors lint lock bench bench-http \
	bench-pages bench-search bench-documents bench-imports bench-allocation bench-rerank bench-trade bench-tracks bench-credit bench-early-warning bench-service bench-ledger bench-feed bench-map clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

install: .venv/.installed ## create .venv with the locked packages

install-dev: .venv/.installed-dev ## and the development tools

demo: .venv/.installed ## run the main workflow on a demo city, print it, stop (ARGS="--language zh")
	@exec $(BIN) -m seed.show $(ARGS)

serve: .venv/.installed ## run everything on http://127.0.0.1:8000 (PORT, DEMO=1, DATA_DIR, ...)
	@exec $(BIN) -m marketplace.supervisor

stop: .venv/.installed ## stop what `make serve` runs in DATA_DIR
	@$(BIN) -m marketplace.supervisor stop

backup: .venv/.installed ## write the embedded database and the files to FILE (else in DATA_DIR/backups)
	@$(BIN) -m marketplace.supervisor backup

restore: .venv/.installed ## put the database of FILE in place of the embedded one, and its files (after make stop)
	@$(BIN) -m marketplace.supervisor restore

# Python reads a test again in a third of the time when it may keep what it compiled.
check test test-pages thorough: export PYTHONDONTWRITEBYTECODE :=

check: lint ## lint, and the tests that need no servers: before every commit
	@$(BIN) -m pytest -n 2 --dist worksteal --no-servers -m "not slow" $(ARGS)

format: .venv/.installed-dev ## format, and fix what ruff can fix
	@$(BIN) -m ruff check --fix .
	@$(BIN) -m ruff format .

test: .venv/.installed-dev ## run the tests (ARGS="-k name")
	@$(BIN) -m pytest -n 3 --dist worksteal $(ARGS)

test-pages: .venv/.installed-dev ## look at every page in a real Chromium, at two widths in both languages; pictures in var/pictures and docs/pictures
	@HUANLIU_BROWSER=required HUANLIU_PICTURES=1 $(BIN) -m pytest -n 0 tests/browser $(ARGS)

thorough: .venv/.installed-dev ## run the tests with sixteen times the examples of `make test` (EFFORT=4)
	@EFFORT=$(EFFORT) $(BIN) -m pytest -n 3 --dist worksteal $(ARGS)

faults: .venv/.installed-dev ## kill processes at every step, and empty Valkey with TASKS=200000 due
	@EFFORT=$(EFFORT) FAULT_TASKS=$(or $(TASKS),200000) $(BIN) -m pytest -n 0 tests/faults tests/notifications/test_mid_batch.py $(ARGS)

fuzz: .venv/.installed-dev ## fuzz the API by its OpenAPI document, as every role (CASES=10000)
	@FUZZ_CASES=$(CASES) $(BIN) -m pytest -n 0 -s tests/http/test_fuzz.py $(ARGS)

flood: .venv/.installed-dev ## hold 700 idle and slow sockets against the web process (FLOOD_S=60)
	@FLOOD_S=$(FLOOD_S) $(BIN) -m pytest -n 0 -s tests/http/test_over_the_wire.py -k flood $(ARGS)

inference: .venv/.installed-dev ## ask what an attacker would to find out exact places (CASES=1000)
	@INFERENCE_CASES=$(if $(filter command line,$(origin CASES)),$(CASES),1000) $(BIN) -m pytest -n 0 tests/http/test_inference.py $(ARGS)

hostile: .venv/.installed-dev ## read SHEETS=10000 hostile sheets made by chance; none may cost over 2 s or 300 MB
	@$(BIN) -W ignore -m tests.listings.hostile $(or $(SHEETS),10000)

examples: .venv/.installed-dev ## record the examples of the OpenAPI document and of the guides again
	@HUANLIU_RECORD=1 $(BIN) -m pytest -n 0 tests/http/test_examples.py tests/docs

errors: .venv/.installed ## write docs/errors.md and docs/errors.zh-CN.md again
	@$(BIN) -m flask --app wsgi errors

lint: .venv/.installed-dev ## check formatting, style, types and import contracts
	@$(BIN) -m ruff format --check .
	@$(BIN) -m ruff check .
	@$(BIN) -m mypy
	@.venv/bin/lint-imports

lock: .venv/.installed-dev ## compile requirements*.txt, with hashes, from requirements*.in
	@for name in requirements requirements-dev requirements-bench; do \
		.venv/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
			--custom-compile-command "make lock" --constraints requirements.txt $$name.in -o $$name.txt || exit 1; \
	done

bench: .venv/.installed-bench ## time the index beside other methods with the same result
	@timeout 600 $(BIN) -m bench.matching $(ARGS)

bench-http: .venv/.installed-bench ## time ranked matches over HTTP at 50 requests a second, 1,000,000 listings
	@$(BIN) -m bench.matches_http $(ARGS)

bench-search: .venv/.installed ## time searches of 1,000,000 listings (ARGS="--data FOLDER" keeps them)
	@$(BIN) -m bench.search $(ARGS)

bench-imports: .venv/.installed ## time imports of 10,000 rows and their exports
	@$(BIN) -m bench.imports $(ARGS)

bench-documents: .venv/.installed-dev ## time PDF documents and labels
	@$(BIN) -m bench.documents $(ARGS)

bench-allocation: .venv/.installed ## time allocation plans for 2,000 supplies and demands beside other methods
	@$(BIN) -m bench.allocation $(ARGS)

bench-credit: .venv/.installed ## time all standings anew, one of them, a simulation, and the desk with 100,000 items
	@$(BIN) -m bench.credit $(ARGS)
	@$(BIN) -m bench.desk

bench-early-warning: .venv/.installed ## say how well early warnings foresee falls, beside baselines (ARGS="--database" times 60,000 enterprises)
	@$(BIN) -m bench.early_warning $(ARGS)

bench-tracks: .venv/.installed ## time the intake of points of vehicles by one process
	@$(BIN) -m bench.tracks $(ARGS)

bench-service: .venv/.installed ## time what people wait for over HTTP: posts, pages, imports, pushes (ARGS="--short", "--against 1e563f5")
	@$(BIN) -m bench.service $(ARGS)

bench-pages: .venv/.installed-dev ## time page views in a mix, and what each page costs beside JSON and a plain page
	@$(BIN) -m bench.page_views $(ARGS)

bench-map: .venv/.installed-dev ## time the frames of a map of 500 listings that is scrolled, beside a list
	@$(BIN) -m bench.map_frames $(ARGS)

bench-rerank: .venv/.installed ## time ranking 1,000,000 supplies x 1,000,000 demands (ARGS="--data FOLDER" keeps them)
	@$(BIN) -m bench.rerank $(ARGS)

bench-trade: .venv/.installed ## race 50 processes for the last tonnes of a permit, restart the database; deals a second (ARGS="--seconds 60")
	@$(BIN) -m bench.trade $(ARGS)
	@$(BIN) -m bench.manifest_numbers

bench-feed: .venv/.installed ## time the feed of events and webhooks beside polling and bare statements
	@$(BIN) -m bench.feed $(ARGS)

bench-ledger: .venv/.installed ## time sealing and verifying 1,000,000 rows of credit
	@$(BIN) -m bench.ledger $(ARGS)

clean: ## remove caches and .venv; the data in var/ stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Huanliu needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Say which: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/.installed: requirements.txt $(wildcard matching/index/kernel/*.py) | .venv/bin/python
	@echo "installing requirements.txt into .venv (about a minute) ..."
	@$(BIN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN) -m matching.compile
	@touch $@

.venv/.installed-bench: requirements-bench.txt requirements.txt | .venv/.installed
	@echo "installing requirements-bench.txt into .venv ..."
	@$(BIN) -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt requirements.txt | .venv/.installed
	@echo "installing requirements-dev.txt into .venv ..."
	@$(BIN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
