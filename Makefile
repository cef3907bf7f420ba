# Two commands do everything: `make chat` talks to Lakevisor, `make test` tests it.
VENV ?= .venv
export VENV
BIN := $(VENV)/bin
MEMBERS := $(wildcard packages/*/pyproject.toml plugins/*/pyproject.toml)

.DEFAULT_GOAL := help

.PHONY: help
help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: chat
chat: $(VENV)/.ready ## set up, start the local workspace and talk to Lakevisor
	@$(BIN)/lakevisor chat

.PHONY: test
test: $(VENV)/.ready-dev ## set up and run all tests
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: chaos
chaos: $(VENV)/.ready-dev ## kill processes at every moment of a launch (long)
	PYTHONPATH=tests $(BIN)/python -m chaos

.PHONY: deployed
deployed: $(VENV)/.ready-dev ## deploy a model to a local workspace and talk to it there (long)
	PYTHONPATH=tests $(BIN)/python -m deployed

.PHONY: check
check: $(VENV)/.ready-dev ## lint, types, import contracts, lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

.PHONY: format
format: $(VENV)/.ready-dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(VENV)/.ready-dev ## write the lock files anew from the declared dependencies
	PATH="$(abspath $(BIN)):$$PATH" tools/lock

.PHONY: down
down: ## stop the local workspace
	@if [ -x $(BIN)/local-workspace ]; then $(BIN)/local-workspace down; fi

.PHONY: clean
clean: down ## stop the local workspace and delete its data and the environment
	rm -rf .local-workspace $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.ready: requirements.lock tools/setup $(MEMBERS)
	@tools/setup requirements.lock
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock tools/setup $(MEMBERS)
	@tools/setup requirements-dev.lock
	@touch $(VENV)/.ready $@
