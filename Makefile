# Decant: `make run` starts everything, `make test` tests everything; both set up what they need first.

PORT ?= 8000
UI_PORT := $(shell expr $(PORT) + 100)
MODEL_PORT := $(shell expr $(PORT) + 200)
# Most tests wait for processes and clocks, so more of them than processors go at once.
# Files go in their order, which begins with those of servers and ends with many small ones of the page.
WORKERS ?= 3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.PHONY: run test conformance lint bench bench-gateways bench-page bench-quick bench-peers soak lock clean

run: $(VENV)/.installed
	@echo "decant: the page is http://localhost:$(UI_PORT) once it says so below; Ctrl-C stops everything."
	@PATH="$(BIN):$$PATH" API_URL="$${API_URL:-http://127.0.0.1:$(PORT)}" MODEL_PORT=$(MODEL_PORT) \
		DRAIN_SECONDS="$${DRAIN_SECONDS:-2}" PYTHONUNBUFFERED=1 \
		exec $(BIN)/honcho start -p $(PORT) api ui model

test: $(VENV)/.installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore tests/conformance

# Other people's suites and servers, in an environment of their own, which Node comes to from PyPI.
conformance: $(VENV)/.installed .conformance/.installed
	$(BIN)/python -m pytest -n 2 tests/conformance

# Decant beside its baselines, tables and ratios: see tests/bench/README.md.
bench: $(VENV)/.installed
	$(BIN)/python -m tests.bench api --pin --rounds 2

# The page beside others, as far as `make bench-peers` has installed them: more than twenty minutes.
bench-page: $(VENV)/.installed
	$(BIN)/python -m tests.bench page --rounds 1

# /v1 beside other gateways, each in an environment of its own; what does not install is left out by name.
GATEWAYS := tests/bench/gateways
bench-gateways: $(VENV)/.installed .gateways/.installed
	$(BIN)/python -m tests.bench gateways --pin --rounds 3

.gateways/.installed: $(wildcard $(GATEWAYS)/requirements-*.txt) $(GATEWAYS)/package.json
	@echo "decant: installing other gateways into .gateways (once, a few minutes)"
	@rm -rf .gateways && mkdir .gateways
	@for name in litellm router envoy node; do $(PYTHON) -m venv .gateways/$$name && \
		.gateways/$$name/bin/pip install --disable-pip-version-check --quiet -r $(GATEWAYS)/requirements-$$name.txt \
		|| echo "decant: $$name does not install here" >&2; done
	@cp $(GATEWAYS)/package.json .gateways/
	@cd .gateways && PATH="$$PWD/node/bin:$$PATH" npm install --silent --no-audit --no-fund --no-package-lock \
		|| echo "decant: the npm registry does not answer: Portkey is left out" >&2
	@touch $@

bench-quick: $(VENV)/.installed
	$(BIN)/python -m tests.bench api --quick

# What the page is compared with, in an environment of its own that only the benchmarks use.
bench-peers:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --disable-pip-version-check --quiet -r tests/bench/page/baselines/requirements.txt

# A thousand random cuts on each database (see tests/chaos/README.md), and half an hour of fuzz: SEED repeats its rounds.
SEED ?= $(shell date +%s)
soak: $(VENV)/.installed
	@echo "decant: make soak SEED=$(SEED) repeats this"
	SOAK=$(SEED) $(BIN)/python -m pytest -n $(WORKERS) tests/api/provider/test_decoder_fuzz.py \
		tests/ui/markdown/test_growing.py tests/ui/markdown/test_lexers.py
	$(BIN)/python -m tests.chaos --cuts 1000 --seed $(SEED)
	$(BIN)/python -m tests.chaos.tools --cuts 200 --seed $(SEED)

lint: $(VENV)/.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The two locks share every version. They hold names, versions and hashes only.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
		--no-emit-index-url --upgrade --extra dev pyproject.toml -o requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
		--no-emit-index-url -c requirements-dev.txt pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) .venv-bench .conformance .gateways .pytest_cache .mypy_cache .ruff_cache

$(VENV)/.installed: requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "decant: Python 3.11 or newer is needed; https://www.python.org/downloads/" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "decant: this Python has no venv; on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "decant: installing into $(VENV) (once, about a minute)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

# Without the npm registry its tests are skipped and say so; in CI they fail.
.conformance/.installed: $(wildcard tests/conformance/package-lock.json tests/conformance/requirements*.txt)
	@echo "decant: installing other people's suites and servers into .conformance (once, half a minute)"
	@rm -rf .conformance
	@$(PYTHON) -m venv .conformance/venv
	@.conformance/venv/bin/pip install --disable-pip-version-check --quiet -r tests/conformance/requirements.txt
	@$(PYTHON) -m venv .conformance/older
	@.conformance/older/bin/pip install --disable-pip-version-check --quiet -r tests/conformance/requirements-older.txt
	@$(PYTHON) -m venv .conformance/openai
	@.conformance/openai/bin/pip install --disable-pip-version-check --quiet -r tests/conformance/requirements-openai.txt
	@cd .conformance/openai && mkdir source && bin/pip download --disable-pip-version-check --quiet --no-deps \
		--no-binary openai -d source "$$(grep '^openai==' $(CURDIR)/tests/conformance/requirements-openai.txt)" \
		&& tar -xzf source/openai-*.tar.gz -C source
	@cp tests/conformance/package.json tests/conformance/package-lock.json .conformance/
	@cd .conformance && PATH="$$PWD/venv/bin:$$PATH" npm ci --silent --no-audit --no-fund && touch .installed \
		|| echo "decant: the npm registry does not answer: what needs it is skipped" >&2
