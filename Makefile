# All commands of the project; CI runs the same. They need python3 (3.11 or newer) and make.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
UV := $(shell command -v uv)
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE :=  # each of many processes would compile everything again

# A lock is complete, so --no-deps: without it pip refuses `coverage[toml]` beside the pin
# `coverage==X` as soon as a newer coverage is released. The check then finds what a lock lacks.
ifdef UV
INSTALL := $(UV) pip install --quiet --python $(RUN) --no-deps --require-hashes
CHECK := $(UV) pip check --quiet --python $(RUN)
else
PIP := $(RUN) -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --no-compile --no-deps --require-hashes
CHECK := $(PIP) check
endif

.PHONY: help demo run manage wheel test matrix screenshots test-faults chaos lint format lock bench \
	update audit sbom licences
.DELETE_ON_ERROR:

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/runtime ## run one report on real servers, from nothing to its file, and stop
	$(RUN) manage.py up --once

run: $(VENV)/runtime ## run everything on this machine until Ctrl-C (ARGS="--reload --port 9000")
	$(RUN) manage.py up $(ARGS)

manage: $(VENV)/runtime ## run a manage.py command on the same servers (ARGS="run_job_type report")
	@$(RUN) manage.py local $(ARGS)

wheel: $(VENV)/dev ## build dist/backoffice_jobs-*.whl, the app for a project of your own
	$(RUN) -m build --wheel --no-isolation --outdir dist

test: $(VENV)/dev ## run the tests on temporary servers: minutes (ARGS="tests/backoffice/local -x")
	@echo "All tests take about 10 minutes on 2 cores; the last lines name each skipped test and why."
	$(RUN) -m pytest -n auto --dist loadfile $(ARGS)

matrix: $(VENV)/dev ## run a part of the tests on each PostgreSQL, Redis and Python here (ARGS=--brief)
	$(RUN) -m tests.matrix $(ARGS)

test-faults: $(VENV)/dev ## run every fault on real servers; make test runs the quick ones
	$(RUN) -m pytest tests/faults -m "long or not long" $(ARGS)

chaos: $(VENV)/dev ## cause random faults under load, then check that no job was lost (SECONDS=120)
	$(RUN) -m tests.chaos $(or $(SECONDS),120) $(SEED)

screenshots: $(VENV)/dev ## take the pictures in docs/screenshots/ (needs chromium)
	$(RUN) -m pytest -q tests/browser/screenshots.py

lint: $(VENV)/dev ## check style, types, migrations and Django's own checks
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m tests.servers $(RUN) -m mypy
	$(RUN) -m tests.servers $(RUN) manage.py makemigrations --check --dry-run
	$(RUN) -m tests.servers $(RUN) manage.py check --fail-level WARNING

format: $(VENV)/dev ## format the code
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

bench: $(VENV)/bench ## measure Backoffice beside other job systems (ARGS="throughput")
	$(RUN) -m benchmarks $(ARGS)

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
lock: ## pin every dependency again, with hashes (needs uv; ARGS=--upgrade for newer ones)
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) requirements-s3.in -o requirements-s3.txt
	$(LOCK) $(ARGS) requirements-sso.in -o requirements-sso.txt
	$(LOCK) $(ARGS) requirements-observability.in -o requirements-observability.txt
	$(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt
	$(LOCK) --no-deps $(ARGS) requirements-servers.in -o requirements-servers.txt
	$(LOCK) $(ARGS) benchmarks/requirements.in -o benchmarks/requirements.txt
	$(LOCK) $(ARGS) benchmarks/requirements-procrastinate.in -o benchmarks/requirements-procrastinate.txt

update: ## pin newer dependencies, then list their licences, lint, audit and test (needs uv)
	$(MAKE) lock ARGS=--upgrade
	$(MAKE) licences lint audit test

SHIPPED := requirements.txt requirements-s3.txt requirements-sso.txt requirements-observability.txt
audit: $(VENV)/dev ## compare what production installs with published advisories
	@.ci/audit $(RUN) -m pip_audit --strict --require-hashes --disable-pip --progress-spinner off \
		$(SHIPPED:%=--requirement %)

sbom: $(VENV)/dev ## write dist/sbom.json, the image's Python packages in CycloneDX's format
	@mkdir -p dist
	$(RUN) -m cyclonedx_py requirements requirements.txt --output-file dist/sbom.json

licences: $(VENV)/dev ## write docs/licences.md from the installed packages
	@sed -n '1,/^<!--/p' docs/licences.md > $(VENV)/licences
	@echo >> $(VENV)/licences
	@$(RUN) -m piplicenses --format markdown --with-urls --with-system \
		--packages $$(sed -n 's/^\([A-Za-z0-9_.-]*\)==.*/\1/p' $(SHIPPED) | sort -u) >> $(VENV)/licences
	@mv $(VENV)/licences docs/licences.md

# Each of these files has the time of an installation, which is repeated only if its list changed.
$(VENV)/runtime: requirements.txt $(RUN)
	$(INSTALL) -r requirements.txt
	@$(CHECK)
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/runtime
	$(INSTALL) -r requirements-dev.txt
	@$(CHECK)
	@touch $@

$(VENV)/bench: benchmarks/requirements.txt benchmarks/requirements-procrastinate.txt $(VENV)/dev
	$(INSTALL) -r benchmarks/requirements.txt
	@$(CHECK)
	$(INSTALL) --target $(VENV)/procrastinate -r benchmarks/requirements-procrastinate.txt
	@touch $@

# Debian splits pip off Python's own venv; without it, or uv, nothing can be installed.
$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Backoffice needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv --clear --without-pip $(VENV)
ifndef UV
	@$(RUN) -m ensurepip >$(VENV)/pip.log 2>&1 \
		|| $(PYTHON) -m pip --python $(RUN) install pip >>$(VENV)/pip.log 2>&1 \
		|| { cat $(VENV)/pip.log; rm -rf $(VENV); \
			echo "Python's venv is incomplete here. Debian, Ubuntu: apt install python3-venv. Or install uv."; exit 1; }
endif
