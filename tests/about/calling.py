"""Launching about an object through the API."""

import uuid

import pytest
from rest_framework.test import APIClient

from jobs.models import ApiToken, Job, Status
from tests.about.shop.models import Basket, Note, Order, Parcel, Stock
from tests.about.submitting import greet, objects, submit
from tests.support.factories import make_job, make_user

__all__ = ["greet"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)

JOBS = "/api/v1/jobs/"
REFUSED = "There is no such object, or you may not view it."


@pytest.fixture
def api():
    """A caller of the API who may launch jobs and view orders, parcels and notes."""
    rights = ("jobs.add_job", "shop.view_order", "shop.view_parcel", "shop.change_note")
    user = make_user(*rights, "shop.view_basket")
    client = APIClient(HTTP_AUTHORIZATION=f"Token {ApiToken.objects.create(user, name='t')[1]}")
    client.user = user
    return client


@pytest.mark.parametrize("index", range(4))
def test_the_api_takes_and_shows_the_object(api, index):
    one = objects()[index]
    given = f"{one._meta.label}:{one.pk}"
    if index == 1:
        given = f"shop.order:{one.pk}"
    answer = api.post(JOBS, {"type": "greet", "about": given}, format="json")
    assert answer.status_code == 201, answer.content
    shown = given.replace(given.split(":")[0], given.split(":")[0].lower(), 1)
    assert answer.json()["about"] == shown
    assert api.get(answer.json()["url"]).json()["about"] == shown
    listed = api.get(JOBS, {"about": shown, "count": "true"}).json()
    assert [job["about"] for job in listed["results"]] == [shown]


def test_the_key_is_read_as_its_field_reads_it(api):
    order, parcel = Order.objects.create(number="1"), Parcel.objects.create()
    for given in (f"shop.order:0{order.pk}", f"shop.lateorder:{order.pk}"):
        answer = api.post(JOBS, {"type": "greet", "about": given}, format="json")
        assert answer.json()["about"] == f"shop.order:{order.pk}"
    answer = api.post(
        JOBS, {"type": "greet", "about": f"shop.parcel:{parcel.pk.hex.upper()}"}, format="json"
    )
    assert answer.json()["about"] == f"shop.parcel:{parcel.pk}"


def refused_references(api):
    other = make_user()
    stock = Stock.objects.create(name="tea")
    return [
        f"shop.stock:{stock.pk}",
        f"shop.basket:{Basket.objects.create(owner=other).pk}",
        "shop.order:404",
        f"shop.order:{10**30}",
        "shop.order:x",
        "shop.parcel:x",
        f"shop.parcel:{uuid.uuid4()}",
        "shop.nothing:1",
        "nothing",
        "auth.user:1",
        "shop.note:" + "x" * 300,
        ":",
        "..:1",
    ]


def test_the_api_does_not_say_whether_a_refused_object_exists(api):
    for given in refused_references(api):
        answer = api.post(JOBS, {"type": "greet", "about": given}, format="json")
        assert answer.status_code == 400, given
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["detail"], error["code"]) == ("/about", REFUSED, "invalid")
    assert not Job.objects.exists()


@pytest.mark.parametrize("given", [7, {"model": "shop.order"}, "", "a\x00b", "x" * 500])
def test_an_object_is_given_as_text(api, given):
    answer = api.post(JOBS, {"type": "greet", "about": given}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/about"


def test_a_batch_is_about_many_objects_with_one_query_for_each_model(
    api, django_assert_max_num_queries
):
    notes = [Note.objects.create(title=f"n{number}") for number in range(50)]
    orders = [Order.objects.create(number=str(number)) for number in range(50)]
    given = [f"shop.note:{one.pk}" for one in notes] + [f"shop.order:{one.pk}" for one in orders]
    body = {"jobs": [{"type": "greet", "about": one} for one in given]}
    with django_assert_max_num_queries(20):
        answer = api.post(f"{JOBS}batch/", body, format="json")
    assert [job["about"] for job in answer.json()["results"]] == given


def test_a_batch_with_a_refused_object_is_refused_at_its_place(api):
    body = {"jobs": [{"type": "greet"}, {"type": "greet", "about": "shop.order:404"}]}
    answer = api.post(f"{JOBS}batch/", body, format="json")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/jobs/1/about"]
    assert not Job.objects.exists()


def test_the_idempotency_key_is_of_one_object(api):
    first, second = (Order.objects.create(number=str(one)) for one in (1, 2))
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}

    def post(one):
        body = {"type": "greet", "about": f"shop.order:{one.pk}"}
        return api.post(JOBS, body, format="json", **key).status_code

    assert [post(first), post(first), post(second)] == [201, 201, 422]
    assert Job.objects.count() == 1


def test_a_job_that_is_launched_again_is_about_the_same_object(api):
    order = Order.objects.create(number="1")
    job = submit(about=order)
    Job.objects.filter(id=job.id).update(
        status=Status.CANCELLED, finished_at="2026-01-01T00:00Z", created_by=api.user
    )
    order.delete()
    answer = api.post(f"{JOBS}{job.id}/rerun/", {}, format="json")
    again = Job.objects.get(rerun_of=job)
    assert answer.json()["about"] == f"shop.order:{job.about_key}"
    assert (again.about_type, again.about_key, again.about_name) == (
        job.about_type,
        job.about_key,
        "Order 1",
    )


def test_a_job_is_about_another_job(api):
    job = make_job(created_by=api.user)
    answer = api.post(JOBS, {"type": "greet", "about": f"jobs.job:{job.pk}"}, format="json")
    assert answer.json()["about"] == f"jobs.job:{job.pk}"
    other = make_job()
    answer = api.post(JOBS, {"type": "greet", "about": f"jobs.job:{other.pk}"}, format="json")
    assert answer.status_code == 400
