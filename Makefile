# Two commands matter: `make demo` and `make test`. Both do their own set-up first; the second time that takes half a second.
#
# The environment is .venv (scripts/setup.sh). Recipes source scripts/env.sh, so nothing has to be activated. The code that runs
# is the source tree itself: .venv holds an editable install, and .venv/share/follow_anything is a link to this folder.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ROBOT ?= drone
CONSOLE ?= 1
QUERY ?=
ARGS ?=
PYTEST_ARGS ?=
# Make fills this in before a shell sees it: inside bash the name counts the shell's own seconds.
SECONDS ?= 60

python = . scripts/env.sh && exec python

.PHONY: help
help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

.PHONY: setup
setup:  ## make .venv with everything that demo and test need (PYTHON=python3.12 picks the interpreter)
	@scripts/setup.sh

.PHONY: setup-heavy
setup-heavy:  ## add torch, the packages of the large models, and Ray
	@scripts/setup.sh heavy

.PHONY: setup-docs
setup-docs:  ## add the packages that build the documents as a site
	@scripts/setup.sh docs

.PHONY: demo
demo: setup  ## follow a target in the simulator: ROBOT=drone|ground QUERY="red car" SECONDS=60 CONSOLE=1 ARGS=
	@$(python) -m follow_anything demo --robot '$(ROBOT)' --seconds '$(SECONDS)' $(if $(filter 0,$(CONSOLE)),--no-console) $(if $(QUERY),--query '$(subst ','\'',$(QUERY))') $(ARGS)

.PHONY: console
console: setup  ## the simulator and the operator's page, for you to click on: ROBOT=drone|ground ARGS="--scenario twin"
	@$(python) -m follow_anything console --simulator --robot '$(ROBOT)' $(ARGS)

.PHONY: test
test: setup  ## run all tests: PYTEST_ARGS="-m core" for the ones that take seconds
	@scripts/test.sh $(PYTEST_ARGS)

.PHONY: test-heavy
test-heavy: setup-heavy  ## the tests that `make test` leaves out without torch and Ray, now with them and the large models' packages
	@scripts/test.sh heavy $(PYTEST_ARGS)

.PHONY: lint
lint: setup  ## ruff, mypy and codespell
	@. scripts/env.sh && ruff check . && ruff format --check . && mypy && codespell $$(git ls-files)

.PHONY: format
format: setup  ## let ruff put the sources in order
	@. scripts/env.sh && ruff check --fix . && ruff format .

.PHONY: params
params: setup  ## write config/*.yaml and docs/parameters.md from core/config
	@$(python) -m follow_anything params --write

.PHONY: docs
docs: setup-docs  ## build the documents as a site in out/site; a warning is an error
	@. scripts/env.sh && NO_MKDOCS_2_WARNING=1 exec python -m mkdocs build --strict

.PHONY: clean
clean:  ## remove what was built and measured; `make clean-all` removes .venv too
	rm -rf build install log dist out *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: clean-all
clean-all: clean
	rm -rf .venv
