"""Every block of docs/job-types.md is the file that it shows, or runs here as it stands there."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from catalog.models import Supplier
from django.contrib import admin
from django.db import DataError, connection

from jobs import checks
from jobs.models import Job
from tests.guide.document import BLOCKS, BY_NAME, ROOT
from tests.guide.fixtures import EANS, site
from tests.support.processes import production

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

FILES = [one for one in BLOCKS if one.path]
# Run in a project without the catalog, by tests/test_job_types_document.py.
ELSEWHERE = {"A first type 1", "A first type 2"}


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.path)
def test_a_block_shows_its_file_as_it_is(one):
    assert one.text == (ROOT / one.path).read_text()


def test_every_type_of_the_examples_is_shown():
    files = (ROOT / "examples/catalog/job_types").glob("[a-z]*.py")
    assert {one.path for one in FILES} == {str(file.relative_to(ROOT)) for file in files}


PYTHON = [one for one in BLOCKS if one.language in ("py", "python")]


@pytest.mark.parametrize("one", PYTHON, ids=lambda one: one.name)
def test_python_keeps_the_rules_of_the_project(one):
    place = ["--stdin-filename", "examples/catalog/block.py", "-"]
    # A star in a settings module; a name of the block before.
    for command in (["check", "--ignore", "F403,F405,F821"], ["format", "--check"]):
        arguments = [sys.executable, "-m", "ruff", *command, *place]
        done = subprocess.run(
            arguments, input=one.text, cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("one", PYTHON, ids=lambda one: one.name)
def test_no_type_of_the_page_fails_a_system_check(one, registered):
    if "job_type(" in one.text and not one.path:
        one.run()
    assert checks.check_job_types() == []


def test_a_settings_module_adds_the_app(transactional_db, tmp_path):
    (tmp_path / "site_settings.py").write_text(BY_NAME["In an app of your own 1"].text)
    done = manage(
        "check", PYTHONPATH=f"examples:{tmp_path}", DJANGO_SETTINGS_MODULE="site_settings"
    )
    assert done.returncode == 0, done.stderr


def manage(*arguments, **changes):
    """Run a command of manage.py in a site with the examples."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=production(FILES_DIR=os.environ["FILES_DIR"], **changes),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_test_of_a_type_passes(transactional_db):
    defined = BY_NAME["Tests and the terminal 1"].run()
    tests = [name for name in defined if name.startswith("test_")]
    assert len(tests) == 2
    for name in tests:
        defined[name](None)


def test_the_commands_of_the_terminal_run(supplier, partner, tmp_path):
    text = BY_NAME["Tests and the terminal 2"].text
    text = text.replace("/tmp", str(tmp_path)).replace("supplier=1", f"supplier={supplier.pk}")
    partner.prices |= dict.fromkeys(EANS, "2.50")
    done = bash(text, partner)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sales-2026.csv").exists()
    assert '"changed": 3' in done.stdout


def bash(text, partner):
    """Run a block of a terminal, in which `manage.py` is a program."""
    manage = f'manage.py() {{ "{sys.executable}" manage.py "$@"; }}'
    return subprocess.run(
        ["bash", "-euc", f"{manage}\n{text}"],
        cwd=ROOT,
        env=production(**site(partner)),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_code_launches_in_its_transaction(redis, buyer):
    launch = BY_NAME["Launching from your own code 1"].run()["new_supplier"]
    launch(SimpleNamespace(user=buyer), "Initech")
    job = Job.objects.get()
    assert job.params == {"supplier": Supplier.objects.get(name="Initech").pk}
    assert not connection.in_atomic_block
    with pytest.raises(DataError):
        launch(SimpleNamespace(user=buyer), "x" * 101)
    assert Job.objects.count() == 1


def test_the_admin_of_an_object_has_its_jobs(supplier):
    try:
        defined = BY_NAME["On the page of an object 1"].run()
        model_admin = admin.site._registry[Supplier]
        assert isinstance(model_admin, defined["SupplierAdmin"])
        params = model_admin.get_job_params(SimpleNamespace(user=None), supplier, "fetch_prices")
        assert params == {"supplier": supplier.pk}
    finally:
        admin.site.unregister(Supplier)


def test_every_block_of_the_page_is_shown_from_a_file_or_run():
    tested = "".join(file.read_text() for file in Path(__file__).parent.glob("*.py"))
    names = {one.name for one in BLOCKS if not one.path} - ELSEWHERE
    assert [name for name in sorted(names) if f'"{name}"' not in tested] == []
