# The commands of the house. `make help` lists them. Two are all a newcomer needs, and
# both set up by themselves what is missing: `make run` and `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

# The real data that may stand beside the repository; tests that read them run in
# addition where they are (internal/shareddata).
export VACCIN_SHARED ?= $(if $(wildcard ../shared/data/SOURCES.md),$(realpath ../shared/data))

# Only what is measured or shipped is built with the profile of a day of doses (cmd/vaccin/default.pgo, ADR 37): it makes
# the compiler go through every package once more for each program.
export GOFLAGS := $(strip $(shell go env GOFLAGS) -pgo=off)

TOOL := go tool -modfile=tools/go.mod
GO_FILES = $(shell find . -name '*.go' -not -name '*_templ.go' -not -path './node_modules/*' -not -path './.cache/*' -not -path './tmp/*')
SCRIPTS = $(wildcard scripts/* .ci/*)

# How long each fuzz function runs, as go test -fuzztime takes it.
FUZZ_TIME ?= 100x

## run: start the demo on a synthetic country (ARGS="--today=2021-05-10" passes flags)
.PHONY: run
run: setup-run assets
	go build -o bin/vaccin-demo ./cmd/vaccin-demo
	exec bin/vaccin-demo $(ARGS)

## test: set up, check and try everything, the browser included
.PHONY: test
test: setup assets
	@if [ -n "$$VACCIN_SHARED" ]; then echo "Tests on the real data of $$VACCIN_SHARED run in addition."; \
	else echo "No ../shared/data: the tests on real data are passed over, each says so."; fi
	@scripts/check build script-test lint+bench-smoke+fuzz-smoke

## setup: see that the machine has all that tests need; installs it when root on Debian
.PHONY: setup setup-run
setup:
	@scripts/setup test
setup-run:
	@scripts/setup run

## assets: build style, script, fonts and localities when their sources changed
.PHONY: assets
MANIFEST := internal/web/assets/dist/manifest.json
BUILT := $(MANIFEST) internal/web/assets/testdist/axe.min.js internal/referential/builtin/data/localities.csv.gz \
	internal/document/fonts/data/regular.ttf internal/document/fonts/data/bold.ttf
assets: $(MANIFEST)

# The build writes the manifest last. One of its outputs missing makes it run again.
$(MANIFEST): node_modules/.package-lock.json package.json $(shell find assets -type f) $(if $(filter-out $(wildcard $(BUILT)),$(BUILT)),FORCE)
	node assets/build.mjs
FORCE:

# npm writes this file when it has installed everything.
node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

## generate: write the Go code of the templates
.PHONY: generate
generate:
	$(TOOL) templ generate -path internal/web

## build: build every program into bin/
.PHONY: build
# The programs apart: go build ./... would link each to throw it away.
build: assets
	@mkdir -p bin
	go build $$(go list -f '{{if ne .Name "main"}}{{.ImportPath}}{{end}}' ./...)
	go build -o bin/ ./...

## fmt: format the Go code
.PHONY: fmt
fmt:
	@$(TOOL) gofumpt -w $(GO_FILES)

## lint: check for built programs in the tree, formatting, generated code, scripts, go vet, staticcheck, and that the card reader builds for Windows
.PHONY: lint
lint: assets
	@for script in $(SCRIPTS); do [ ! -f "$$script" ] || bash -n "$$script"; done
	@large=$$(git ls-files -z 2>/dev/null | xargs -0 -r stat -c '%s %n' | awk '$$1 > 1000000'); \
	if [ -n "$$large" ]; then printf 'too large for the tree, a built program perhaps (bytes, name):\n%s\n' "$$large"; exit 1; fi
	@unformatted=$$($(TOOL) gofumpt -l $(GO_FILES)); \
	if [ -n "$$unformatted" ]; then printf 'not formatted (run make fmt):\n%s\n' "$$unformatted"; exit 1; fi
	@scripts/generated-check internal/web
	go vet ./...
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -o /dev/null ./cmd/vaccin-reader
	GOGC=400 $(TOOL) staticcheck ./... # 400 MB of memory at most, for an eighth less of work

## script-test: try the rules of the pages' scripts
.PHONY: script-test
script-test: node_modules/.package-lock.json
	npm test

## go-test: run the Go tests alone
.PHONY: go-test
go-test: assets
	@scripts/go-test

## bench: measure (see bench/README.md; ARGS="-only a" passes flags)
.PHONY: bench
bench: setup assets
	go test -short -run '^$$' -bench . ./internal/...
	go run -pgo=auto ./bench $(ARGS)

## bench-smoke: run every benchmark once, to see that it runs
.PHONY: bench-smoke
bench-smoke: assets
	@packages=$$(find $(wildcard internal cmd) -name '*_test.go' -exec grep -lE '^func Benchmark' {} + | xargs -r dirname | sort -u | sed 's|^|./|'); \
	[ -z "$$packages" ] || go test -short -vet=off -run '^$$' -bench . -benchtime 1x $$packages
	go run ./bench -smoke

## fuzz-smoke: run every fuzz function for a moment
.PHONY: fuzz-smoke
fuzz-smoke: assets
	@scripts/fuzz-smoke $(FUZZ_TIME)

## deb: build the Debian package of the service into bin/ (VERSION=1.2 names its version)
.PHONY: deb
deb: assets
	CGO_ENABLED=0 go build -pgo=auto -trimpath -o bin/vaccin ./cmd/vaccin
	scripts/deb bin/vaccin bin

## tls-check: hold the TLS of the service (or of ARGS="localhost:PORT …") to testssl.sh, 75 seconds each
.PHONY: tls-check
tls-check: setup assets
	go run ./scripts/tlscheck $(ARGS)

## clean: remove what was built (not node_modules)
.PHONY: clean
clean:
	rm -rf bin .cache
	rm -f $(BUILT)

## help: list these commands
.PHONY: help
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST)) | while IFS=: read -r name what; do printf '  %-14s%s\n' "$$name" "$$what"; done
