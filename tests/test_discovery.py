"""Job types of any installed app: found without an edit elsewhere, and refused with their place."""

import json
import sys

import pytest

from jobs.models import ApiToken, Job
from tests.support.factories import make_user
from tests.support.polling import wait_until
from tests.support.processes import manage, run, serving, started

SHIP = """
from django import forms

from jobs.registry import job_type


class ShipForm(forms.Form):
    order = forms.IntegerField()


@job_type(slug="{slug}", label="{label}", description="Ships an order.", form=ShipForm)
def run(job, order):
    return {{"shipped": order}}
"""
SHIP_ORDER = SHIP.format(slug="ship_order", label="Ship order")
BROKEN = {
    "name": ("import os\nos.nothing\n", "line 2: AttributeError: module 'os' has no"),
    "syntax": ("\n\ndef :\n", "line 3: SyntaxError: invalid syntax"),
    "import": ("import no_such_module\n", "line 1: ModuleNotFoundError: No module named"),
    "option": (
        SHIP_ORDER.replace("form=ShipForm", 'form=ShipForm, time_limit="1"'),
        "line 11: Job type 'ship_order': time_limit is '1'.",
    ),
}
COMMANDS = {
    "check": [sys.executable, "manage.py", "check"],
    "web": ["gunicorn", "--config=python:backoffice.gunicorn", "--bind=127.0.0.1:0"],
    "worker": [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"],
    "upkeep": [sys.executable, "manage.py", "upkeep"],
}


@pytest.fixture
def app(tmp_path):
    """Return a function that writes a file of an app that is outside of this project."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (tmp_path / name.split("/")[0] / "__init__.py").touch()
        return path

    return write


def _site(tmp_path, apps="shop"):
    return {"EXTRA_APPS": apps, "PYTHONPATH": str(tmp_path), "FILES_DIR": str(tmp_path / "files")}


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_one_new_file_of_another_app_runs_in_a_worker(app, tmp_path):
    app("shop/job_types.py", SHIP_ORDER)
    site = _site(tmp_path)
    submitted = manage("submit_job", "Ship order", "--params", '{"order": 7}', **site)
    job = Job.objects.get()
    assert str(job.pk) in submitted.stdout
    with (tmp_path / "worker.log").open("w") as log, started(COMMANDS["worker"], log=log, **site):
        wait_until(lambda: job.refresh_from_db() or job.is_settled)
    assert job.result == {"shipped": 7}, job.error_message


@pytest.mark.django_db(transaction=True)
def test_the_types_of_a_package_and_of_two_apps_are_in_the_api(app, tmp_path):
    app("shop/job_types/__init__.py", "")
    app("shop/job_types/orders.py", SHIP_ORDER)
    app("shop/job_types/returns.py", SHIP.format(slug="take_back", label="Take back"))
    app("stock/job_types.py", SHIP.format(slug="count_stock", label="Count stock"))
    _, token = ApiToken.objects.create(make_user("jobs.add_job"))
    headers = {"Authorization": f"Bearer {token}"}
    with serving(tmp_path, **_site(tmp_path, "shop, stock")) as site:
        found = json.loads(site.ask("/api/v1/job-types/", **headers).text)["results"]
    slugs = {one["type"] for one in found}
    assert {"ship_order", "take_back", "count_stock", "report"} <= slugs


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_module_that_cannot_be_loaded_is_named_with_app_and_line(app, tmp_path, fault):
    text, sentence = BROKEN[fault]
    path = app("shop/job_types.py", text)
    ended = manage("check", **_site(tmp_path))
    start = f"The job types of the app 'shop' cannot be loaded. {path}, "
    assert ended.returncode != 0
    assert start + sentence in ended.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("process", [name for name in COMMANDS if name != "check"])
def test_no_process_starts_with_a_module_that_raises(app, tmp_path, process):
    path = app("shop/job_types.py", 'raise RuntimeError("no licence")\n')
    ended = run(*COMMANDS[process], **_site(tmp_path))
    assert ended.returncode != 0
    sentence = f"the app 'shop' cannot be loaded. {path}, line 1: RuntimeError: no licence"
    assert sentence in ended.stderr + ended.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("process", COMMANDS)
def test_no_process_starts_with_one_slug_in_two_apps(app, tmp_path, process):
    app("shop/job_types.py", SHIP_ORDER)
    app("stock/job_types/__init__.py", "")
    path = app("stock/job_types/other.py", SHIP_ORDER.replace("Ship order", "Other"))
    ended = run(*COMMANDS[process], **_site(tmp_path, "shop,stock"))
    assert ended.returncode != 0
    output = ended.stderr + ended.stdout
    assert f"the app 'stock' cannot be loaded. {path}, line 11: Job type 'ship_order'" in output
    assert "is taken by the job type 'ship_order' ('Ship order') in shop.job_types." in output


@pytest.mark.django_db(transaction=True)
def test_a_site_adds_settings_by_a_module_of_its_own(app, tmp_path):
    app("shop/job_types.py", SHIP_ORDER)
    app(
        "shop/settings.py",
        "from backoffice.settings import *\n"
        'INSTALLED_APPS += ["shop"]\n'
        'JOBS_DEFAULT_TYPE = "ship_order"\n',
    )
    site = _site(tmp_path, "") | {"DJANGO_SETTINGS_MODULE": "shop.settings"}
    done = manage("submit_job", "Order of Globex", "--params", '{"order": 7}', **site)
    assert (done.returncode, Job.objects.get().type) == (0, "ship_order"), done.stderr
