# make build   the release binary `allmende`, in Cargo's target folder
# make demo    build, then serve real data of Musterstadt at http://127.0.0.1:8080/
# make test    what every change must pass
# make test-full, make bench, make bench-history   the long runs
# make dist    a tarball and a Debian package that run without compilers
#
# Needs Rust and Node. What else is missing is installed where that is allowed,
# and said.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/allmende
# Outside the clone, so that a fresh clone keeps the compiled dependencies.
export CARGO_TARGET_DIR ?= $(CACHE)/target
DATA ?= ./data
LISTEN ?= 127.0.0.1:8080

DENY := 0.20.2
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
FRONTEND_SOURCES := $(shell find frontend/src -type f 2>/dev/null) frontend/build.mjs frontend/package-lock.json

.PHONY: build demo dist test test-full bench bench-history frontend compiler lint check-frontend tests browser-tests tidy deny clean

build: compiler frontend
	cargo build --release --locked --package server
	echo "built: $$CARGO_TARGET_DIR/release/allmende"

demo: build
	exec "$$CARGO_TARGET_DIR/release/allmende" demo --data "$(DATA)" --listen "$(LISTEN)" $(if $(RESET),--reset)

# A C compiler builds SQLite, zstd and the allocator. And where another clone
# shares the target folder, ours is compiled anew: programs know their folder.
compiler:
	mkdir -p "$$CARGO_TARGET_DIR"
	if [ "$$(cat "$$CARGO_TARGET_DIR/clone.txt" 2>/dev/null)" != "$$PWD" ]; then
	    find crates xtask bench -name '*.rs' -exec touch {} +
	    echo "$$PWD" > "$$CARGO_TARGET_DIR/clone.txt"
	fi
	command -v cc >/dev/null || scripts/need build-essential

frontend: frontend/dist/manifest.json

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	echo "npm ci: what the browser code is built with"
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund
	touch node_modules/.package-lock.json

frontend/dist/manifest.json: frontend/node_modules/.package-lock.json $(FRONTEND_SOURCES)
	cd frontend && npm run build
	touch dist/manifest.json

test: compiler
	scripts/need chromium curl fonts-liberation python3-venv strace procps libfaketime
	$(MAKE) --no-print-directory frontend lint deny tests browser-tests
	echo "passed: $$(cat "$$CARGO_TARGET_DIR/tests.txt")"

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cd frontend && npm run --silent typecheck

# Licences, bans and origins of all dependencies.
deny:
	deny="$$(command -v cargo-deny || true)"
	if [ -z "$$deny" ]; then
	    deny="$(CACHE)/tools/bin/cargo-deny"
	    if [ ! -x "$$deny" ]; then
	        echo "cargo install cargo-deny: it checks the licences of what we use"
	        env -u CARGO_TARGET_DIR cargo install --quiet --locked --debug --version $(DENY) --root "$(CACHE)/tools" cargo-deny
	    fi
	fi
	"$$deny" --locked --log-level error check licenses bans sources

# The tidy check of the workspace is one of the tests.
tests:
	export ALLMENDE_PYTHON="$$(scripts/venv "$(CACHE)/venv")"
	log="$$CARGO_TARGET_DIR/tests.log"
	if [ -n "$(NEXTEST)" ]; then
	    cargo nextest run --workspace --locked 2>&1 | tee "$$log"
	    grep -E '^ +Summary' "$$log" | tail -1 > "$$CARGO_TARGET_DIR/tests.txt"
	else
	    cargo test --workspace --locked --no-fail-fast 2>&1 | tee "$$log"
	    awk '/^test result:/ { passed += $$4; failed += $$6 } END { print passed " passed, " failed " failed" }' "$$log" > "$$CARGO_TARGET_DIR/tests.txt"
	fi

browser-tests:
	# The same build as the tests': another choice of packages would compile other features.
	cargo build --workspace --all-targets --locked
	ALLMENDE_BIN="$$CARGO_TARGET_DIR/debug/allmende" node frontend/tests/run.mjs

# What to pack: the release binary, or another one to try out the packing.
BINARY ?= $(CARGO_TARGET_DIR)/release/allmende
DIST ?= $(CARGO_TARGET_DIR)/dist

dist: $(if $(filter file,$(origin BINARY)),build)
	scripts/need binutils dpkg-dev xz-utils
	scripts/dist "$(BINARY)" "$(DIST)"

test-full: build
	scripts/need r-base-core
	$(MAKE) --no-print-directory test dist
	ALLMENDE_SLOW=1 ALLMENDE_DIST="$(DIST)" ALLMENDE_PYTHON="$$(scripts/venv "$(CACHE)/venv")" cargo $(if $(NEXTEST),nextest run,test) --release --workspace --locked

bench: build
	scripts/need wrk util-linux
	cargo run --release --locked --package bench -- run "$$CARGO_TARGET_DIR/release/allmende"

# The past with a hundred million values: half an hour, and some 10 GB beside the target folder.
bench-history: build
	scripts/need python3-venv victoria-metrics
	folder="$$(mktemp -d "$$CARGO_TARGET_DIR/bench-history.XXXXXX")"
	trap 'rm -rf "$$folder"' EXIT
	export ALLMENDE_PYTHON="$$(scripts/venv "$(CACHE)/bench-venv" duckdb==2.0.0 numpy==2.4.6)"
	cargo run --release --locked --package bench -- intake "$$CARGO_TARGET_DIR/release/allmende"
	cargo run --release --locked --package bench -- history "$$folder/data"

tidy:
	cargo xtask tidy

clean:
	rm -rf frontend/dist
