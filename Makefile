# The commands of the README and of CONTRIBUTING.md. `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
DOCKER ?= docker
HELM ?= helm
REGISTRY ?= $(KUBENAS_REGISTRY)
LOCKS := requirements.lock $(wildcard docker/*.lock) release.lock
# Known vulnerabilities that do no harm here: their ids, each with a comment that says why.
HARMLESS :=
# The exit status of `make scan` where no database of vulnerabilities is to be had.
NOT_SCANNED := 1
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)

.PHONY: help setup run test check scan lock pipeline images release e2e e2e-all bench clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Make .venv from the lock file, with the CPU build of TensorFlow

run: setup ## Run the whole pipeline on a real data set, on this machine alone
	$(BIN)/kubenas run examples/digits.yaml

test: check ## Check the code and run the tests that need no cluster
	$(BIN)/pytest -n 2 --dist loadfile

check: setup ## Lint, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Each version that a lock names, whatever its marker. pip-audit takes one version of a package at a
# time, and without --strict passes over what its service does not know.
scan: .release/.ready ## Look up all that is locked among the known vulnerabilities
	@rm -f .release/scan*
	@sed -nE 's/^([^ #]+==[^ ;]+).*/\1/p' $(LOCKS) | sort -u | \
	  awk -F == '{print > (".release/scan" (++version[$$1]) ".txt")}'
	@for names in .release/scan?.txt; do \
	  .release/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off $(SCAN_OPTIONS) \
	    $(HARMLESS:%=--ignore-vuln %) --requirement $$names > .release/scan.out 2> .release/scan.log && continue; \
	  if [ -s .release/scan.out ]; then cat .release/scan.out; found=1; continue; fi; \
	  echo "not scanned for known vulnerabilities: $$(tail -n 1 .release/scan.log | cut -c -160)"; exit $${found:-$(NOT_SCANNED)}; \
	done; \
	[ -z "$$found" ] || exit 1; \
	echo "no known vulnerabilities$(if $(HARMLESS), but $(strip $(HARMLESS))) in $$(cat .release/scan?.txt | wc -l) locked versions of packages"

images: setup ## Build the images, named for KUBENAS_REGISTRY (or REGISTRY=) if set; PUSH=1 pushes
	for image in $$($(BIN)/python -m kubenas.images); do \
	  name=$(addsuffix /,$(REGISTRY:%/=%))$$image; target=$${image%:*}; \
	  DOCKER_BUILDKIT=1 $(DOCKER) build $(IMAGE_OPTIONS) --file docker/Dockerfile \
	    --target $${target##*/} --tag $$name . || exit 1; \
	  [ -z "$(PUSH)" ] || $(DOCKER) push --quiet $$name || exit 1; \
	done

release: setup .release/.ready ## Write a release to dist/: the wheel, nas.yaml, the chart, the images' contents; sign it
	rm -rf dist && mkdir dist
	$(UV) build --quiet --wheel --out-dir dist --require-hashes --build-constraints docker/build.lock
	$(BIN)/kubenas compile --output dist/nas.yaml
	$(HELM) package helm/kubenas --destination dist
	for content in controller:cpu trainer:gpu; do \
	  .release/bin/cyclonedx-py requirements docker/$${content#*:}.lock --pyproject pyproject.toml \
	    --output-reproducible --output-file dist/$${content%:*}.cdx.json || exit 1; \
	done
	cd dist && sha256sum * > SHA256SUMS
	if command -v cosign > /dev/null; then \
	  cosign sign-blob --yes $(COSIGN_OPTIONS) --bundle dist/SHA256SUMS.sigstore.json dist/SHA256SUMS; \
	else \
	  echo "dist/SHA256SUMS is not signed: there is no cosign; sign it before it is published"; \
	fi

e2e: setup ## Run the tests that need a cluster: KUBECONFIG, and REGISTRY= that it pulls from
	$(BIN)/pytest tests/cluster -m "cluster and not heavy"

e2e-all: setup ## The same with those that take long or disturb the whole cluster
	FAULTS=docs/FAULTS.md $(BIN)/pytest tests/cluster -m cluster

bench: setup ## Measure the search against its peers on the published tables in TABLES
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/search.py --tables $(TABLES)

pipeline: setup ## Write pipelines/nas.yaml and the chart's schema and README anew
	$(BIN)/python -m pipelines.nas
	$(BIN)/python -m helm.document

lock: $(UV) ## Resolve requirements.lock anew
	$(UV) pip compile pyproject.toml --extra cpu --group dev --group bench --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --quiet --output-file requirements.lock
	for lock in "docker/cpu pyproject.toml --extra cpu" "docker/gpu pyproject.toml --extra gpu" \
	    "docker/build --group build" "release --group release"; do \
	  set -- $$lock; name=$$1; shift; \
	  $(UV) pip compile "$$@" --constraint requirements.lock --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-annotate --quiet --output-file $$name.lock; \
	done

clean: ## Remove what was made here, runs excepted
	rm -rf $(VENV) .uv .release dist .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.ready: requirements.lock pyproject.toml | $(UV)
	$(UV) venv --quiet --clear --python '>=3.11,<3.14' $(VENV)
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock \
	  --build-constraints requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable . \
	  --build-constraints docker/build.lock
	@touch $@

# What only a release needs.
.release/.ready: release.lock | $(UV)
	$(UV) venv --quiet --clear --python '>=3.11,<3.14' .release
	$(UV) pip sync --quiet --python .release/bin/python --require-hashes release.lock
	@touch $@

# uv itself comes from the Python package registry, where the machine has none.
.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
