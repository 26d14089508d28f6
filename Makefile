# Every command sets itself up: a Debian machine with make, python3 and python3-venv is enough.
#   make demo ARGS="--fast"     arguments for `tocsin demo`
#   make test ARGS="-k wire"    arguments for pytest
#   make bench NAME=speed       a program of bench/ (night without NAME), ARGS for its arguments
#   make demo PYTHON=python3.12 another interpreter (3.11 or newer)

PYTHON ?= python3
ARGS ?=
NAME ?= night
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench soak lock format

help:
	@echo 'make demo    set up and play the night of 30 August 2023 on three nodes'
	@echo 'make test    set up and run all tests'
	@echo 'make check   lint, types, layers and the fast tests'
	@echo 'make bench   measure: NAME=night (default), speed, accuracy, ...; bench/README.md says what each one claims'
	@echo 'make soak    a thousand quiet hours: is anybody told of a missile that is none? Resumable; ARGS="--hours 100"'

setup:
	@$(PYTHON) tools/setup.py setup

demo:
	@$(PYTHON) tools/setup.py demo -- $(ARGS)

test:
	@$(PYTHON) tools/setup.py test -- $(ARGS)

check:
	@$(PYTHON) tools/setup.py check
	@$(VENV)/python tools/check.py $(ARGS)

format:
	@$(PYTHON) tools/setup.py check
	@$(VENV)/python tools/check.py --fix

bench:
	@$(PYTHON) tools/setup.py bench
	@if [ -f bench/$(NAME).py ]; then $(VENV)/python bench/$(NAME).py $(ARGS); \
	else echo 'make bench: bench/$(NAME).py was expected and is not here; nothing was measured' >&2; exit 1; fi

soak:
	@$(PYTHON) tools/setup.py check
	@if [ -f bench/soak.py ]; then $(VENV)/python bench/soak.py $(ARGS); \
	else echo 'make soak: bench/soak.py was expected and is not here; nothing was run' >&2; exit 1; fi

lock:
	@PYTHON=$(PYTHON) tools/lock.sh $(ARGS)
