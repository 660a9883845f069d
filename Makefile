# Short names for what a person does here. Each target brings what it needs: `make demo` and
# `make test` both start from a bare Debian 12 with git and make.

BUILD := build
JOBS ?= $(shell nproc)
# A preset of CMakePresets.json whose build folder is $(BUILD): release, dev, or ci (warnings as errors).
PRESET ?= release
# Seconds that each fuzz target runs under `make fuzz`.
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup build test demo bench fuzz clean

help:
	@echo "make build   the command at $(BUILD)/bin/sextant"
	@echo "make demo    build, then the gallery at out/demo/index.html"
	@echo "make test    build, then every test and check"
	@echo "make bench   build, then speed of the bundled models on this machine"
	@echo "make fuzz    every parser under libFuzzer, FUZZ_SECONDS=$(FUZZ_SECONDS) each"
	@echo "make setup   only install what the build needs (scripts/setup.sh)"
	@echo "make clean   remove $(BUILD) and out; .sextant (LibTorch, models) stays"

setup:
	@scripts/setup.sh

build: setup
	@scripts/build.sh $(PRESET) $(BUILD) $(JOBS)

test: build
	@scripts/test.sh $(BUILD) $(JOBS)

demo: build
	@$(BUILD)/bin/sextant demo --output out/demo

bench: build
	@$(BUILD)/bin/sextant bench --model models/smollm2-135m-instruct-q4_1.gguf

fuzz: setup
	@scripts/fuzz.sh $(FUZZ_SECONDS) $(JOBS)

clean:
	@rm -rf $(BUILD) build-* out
