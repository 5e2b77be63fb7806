"""The Celery tasks of docs/job-types.md before and after, and the recipes, run as they stand."""

import shlex
from decimal import Decimal

import celery
import pytest
from catalog.job_types import fetch_prices as fetching
from catalog.models import Product, Supplier
from django.core.management import call_command

from jobs import registry
from jobs.models import Job, Source, Status
from jobs.testing import run_type
from tests.guide.document import BY_NAME
from tests.guide.fixtures import EANS
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def eager(monkeypatch):
    """An app of Celery as a team may have, which runs tasks at once."""
    app = celery.Celery("team", set_as_current=False)
    app.conf.update(task_always_eager=True, task_store_eager_result=False)
    monkeypatch.setattr(celery, "shared_task", app.task)
    monkeypatch.setattr(celery, "current_app", app)
    return app


def prices():
    return list(Product.objects.order_by("pk").values_list("price", flat=True))


def test_a_moved_task_raises_prices_as_before(eager, registered, redis, supplier, buyer):
    before = BY_NAME["A task that a view starts 1"].run()
    before["supplier_raised"](supplier, 50)
    assert prices() == [Decimal("1.50")] * 3
    after = BY_NAME["A task that a view starts 2"].run()
    after["supplier_raised"](buyer, supplier, 50)
    job = Job.objects.get(type="raise_prices")
    assert (job.created_by, registry.get(job.type).max_attempts) == (buyer, 1)
    assert run_type("raise_prices", job.params).result == {"changed": 3}
    assert prices() == [Decimal("2.25")] * 3


def test_a_moved_task_fetches_prices_as_before(eager, monkeypatch, redis, partner, supplier, buyer):
    partner.prices |= dict.fromkeys(EANS, "2.50")
    monkeypatch.setenv("SUPPLIER_API", partner.url)
    monkeypatch.setattr(fetching, "API", partner.url)
    before = BY_NAME["A task with retries and progress 1"].run()
    monkeypatch.setattr(before["fetch_prices"], "update_state", lambda **state: None)
    before["fetch_prices"].apply(args=[supplier.pk], throw=True)
    assert prices() == [Decimal("2.50")] * 3
    partner.prices |= dict.fromkeys(EANS, "3.50")
    after = BY_NAME["A task with retries and progress 2"].run()
    job = after["prices_wanted"](buyer, supplier)
    assert run_type(job.type, job.params, user=buyer).result["changed"] == 3
    assert prices() == [Decimal("3.50")] * 3


def test_a_moved_group_launches_a_job_for_each_supplier(eager, registered, supplier):
    other = Supplier.objects.create(name="Initech")
    fetched = []

    @eager.task
    def fetch_prices(supplier_id):
        fetched.append(supplier_id)

    before = BY_NAME["A schedule with a group 1"].run(fetch_prices=fetch_prices)
    before["fetch_all_prices"]()
    assert sorted(fetched) == [supplier.pk, other.pk]
    assert eager.conf.beat_schedule["nightly"]["task"] == "fetch_all_prices"
    BY_NAME["A schedule with a group 2"].run()
    run = run_type("fetch_all_prices")
    assert run.result == {"suppliers": 2}
    assert [child.params for child in run.children] == [
        {"supplier": supplier.pk},
        {"supplier": other.pk},
    ]


@pytest.mark.parametrize(
    ("name", "type_of_job"),
    [("A schedule with a group 3", "fetch_all_prices"), ("Schedules 1", "idle_accounts")],
)
def test_a_line_of_a_crontab_submits_its_job(name, type_of_job, registered, redis):
    text = BY_NAME[name].text
    minute, hour, *days, command = text.split(maxsplit=5)
    assert (minute.isdigit(), hour.isdigit(), len(days)) == (True, True, 3)
    source = {"idle_accounts": "A first type 1", "fetch_all_prices": "A schedule with a group 2"}
    BY_NAME[source[type_of_job]].run()
    words = command.split(maxsplit=2)
    assert words[:2] == ["manage.py", "submit_job"]
    call_command("submit_job", *shlex.split(words[2]))
    assert Job.objects.get().type == type_of_job


def test_failures_are_launched_again_once(registered, redis, supplier, buyer):
    BY_NAME["Retry policies 1"].run()
    failed = make_job(
        type="fetch_prices",
        status=Status.FAILED,
        params={"supplier": supplier.pk},
        created_by=buyer,
        source=Source.ADMIN,
    )
    make_job(type="fetch_prices", status=Status.FAILED, error_code="time_limit", error_type="")
    assert run_type("retry_fetches").result == {"launched_again": 1}
    assert Job.objects.get(rerun_of=failed).params == {"supplier": supplier.pk}
    assert run_type("retry_fetches").result == {"launched_again": 0}


def test_a_chain_is_a_function_and_a_child(registered, monkeypatch, partner, supplier):
    partner.prices |= dict.fromkeys(EANS, "2.50")
    monkeypatch.setattr(fetching, "API", partner.url)
    BY_NAME["Chains and workflows 1"].run()
    run = run_type("relabel", {"supplier": supplier.pk})
    assert run.result["changed"] == 3
    [child] = run.children
    assert child.type == "print_labels"
    assert len(child.params["products"]) == 3
