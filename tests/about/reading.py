"""What pages, lists and filters show of the object that a job is about, and to whom."""

from urllib.parse import quote, urlencode

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import about
from jobs.filters import JobFilters
from jobs.models import Job
from tests.about.shop.models import Basket, LateOrder, Note, Order, Parcel, Stock
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"


def job_about(one, **fields):
    reference = about.reference_of(one)
    columns = {"about_type": reference.type_id, "about_key": reference.key}
    return make_job(**{**columns, "about_name": str(one), **fields})


def browser(*rights, **fields):
    client = Client()
    client.user = make_user("jobs.view_job", *rights, is_staff=True, **fields)
    client.force_login(client.user)
    return client


def texts(client, job):
    """The list and the page of the job."""
    pages = client.get(LIST), client.get(f"{LIST}{job.pk}/change/")
    return [page.content.decode() for page in pages]


@pytest.mark.parametrize("typed", ["about:shop.order:{}", "about:Order:{}", "about:order:{}"])
def test_the_search_takes_an_object_suggests_it_and_shows_it_as_a_chip(typed):
    order, client = Order.objects.create(number="17"), browser(is_superuser=True)
    job_about(order, name="of the order")
    make_job(name="of none")
    found = client.get(LIST, {"q": typed.format(order.pk)}, follow=True).context["cl"]
    assert [job.name for job in found.result_list] == ["of the order"]
    assert [chip.label for chip in found.chips()] == [f"About: {order}"]
    assert f"about:shop.order:{order.pk}" in client.get(LIST).context["cl"].search_suggestions()


def test_an_object_that_the_reader_may_not_view_is_neither_suggested_nor_found():
    job_about(order := Order.objects.create(number="17"))
    client = browser()
    assert not [
        one
        for one in client.get(LIST).context["cl"].search_suggestions()
        if one.startswith("about:")
    ]
    typed = client.get(LIST, {"q": f"about:order:{order.pk}"}, follow=True)
    assert typed.context["cl"].result_count == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Order.objects.create(number="17"),
        Parcel.objects.create,
        lambda: Note.objects.create(title="a/b c:d?e=ü&"),
    ],
)
def test_the_object_is_a_link_that_opens_it(make):
    one, client = make(), browser(is_superuser=True)
    job = job_about(one)
    url = about.subjects_of(client.user, [job])[job.pk].url
    for text in texts(client, job):
        assert f'href="{url}"' in text
    assert client.get(url).status_code == 200
    more = f"{LIST}?about={quote(about.reference_of(one).text, safe='')}"
    assert f'href="{more}"' in texts(client, job)[1]
    assert client.get(more).context["cl"].result_count == 1


def test_the_present_name_is_shown():
    one, client = Order.objects.create(number="17"), browser("shop.view_order")
    job = job_about(one)
    Order.objects.update(number="18")
    for text in texts(client, job):
        assert "Order 18" in text
        assert "Order 17" not in text


def test_a_reader_who_may_not_view_the_object_sees_neither_name_nor_key_nor_link():
    note, client = Note.objects.create(title="Merger"), browser("shop.view_order")
    job = job_about(note)
    for text in texts(client, job):
        assert "Merger" not in text
    assert "an object that you may not view" in text
    assert client.get(f"/api/v1/jobs/{job.pk}/").json()["about"] is None
    assert client.get(f"{LIST}?about=shop.note:Merger").context["cl"].result_count == 0
    assert client.get("/api/v1/jobs/?about=shop.note:Merger").json()["results"] == []


def test_the_rows_that_an_admin_does_not_list_are_not_shown():
    client = browser("shop.view_basket")
    own, other = (Basket.objects.create(owner=one) for one in (client.user, make_user()))
    mine, theirs = job_about(own), job_about(other)
    subjects = about.subjects_of(client.user, [mine, theirs])
    assert subjects[mine.pk].name == "Basket with gifts"
    assert subjects[theirs.pk].name == ""
    other.delete()
    assert about.subjects_of(client.user, [theirs])[theirs.pk].name == ""
    assert not JobFilters({"about": f"shop.basket:{theirs.about_key}"}, user=client.user).qs


def test_a_deleted_object_is_shown_by_its_name_without_a_link():
    order, client = Order.objects.create(number="17"), browser("shop.view_order")
    job, reference = job_about(order), about.reference_of(order)
    order.delete()
    for text in texts(client, job):
        assert "Order 17" in text
        assert "/shop/order/" not in text
    assert "deleted" in text
    found = client.get(f"{LIST}?{urlencode({'about': reference.text})}")
    assert found.context["cl"].result_count == 1
    stranger = browser("shop.view_note")
    assert "Order 17" not in "".join(texts(stranger, job))


def test_the_requester_of_a_job_sees_the_name_of_an_object_that_was_deleted():
    client = browser()
    basket = Basket.objects.create(owner=make_user())
    own, other = job_about(basket, created_by=client.user), job_about(basket)
    reference = about.reference_of(basket).text
    basket.delete()
    subjects = about.subjects_of(client.user, [own, other])
    assert (subjects[own.pk].name, subjects[other.pk].name) == ("Basket with gifts", "")
    assert [*JobFilters({"about": reference}, user=client.user).qs] == [own]


def test_the_model_of_a_removed_app_hides_the_name():
    gone = ContentType.objects.create(app_label="gone", model="thing")
    job = make_job(about_type=gone.pk, about_key="1", about_name="Thing 1")
    lost = make_job(about_type=2**31 - 1, about_key="1", about_name="Thing 2")
    assert "Thing" not in "".join(texts(browser(), job))
    for text in texts(browser(is_superuser=True), job):
        assert "Thing 1" in text
    assert "Thing 2" in texts(browser(is_superuser=True), lost)[1]


def test_a_key_that_the_model_can_no_longer_have_is_a_deleted_object():
    kind = ContentType.objects.get_for_model(Order)
    job = make_job(about_type=kind.pk, about_key="letters", about_name="Order of old")
    assert "Order of old" in texts(browser("shop.view_order"), job)[0]


def test_a_proxy_with_rights_of_its_own_shows_the_object():
    order, client = Order.objects.create(number="17"), browser("shop.view_lateorder")
    job = job_about(LateOrder.objects.get())
    assert f"/admin/shop/lateorder/{order.pk}/change/" in texts(client, job)[0]


def test_an_object_without_an_admin_has_no_link():
    client = browser("shop.view_stock")
    job = job_about(Stock.objects.create(name="tea"))
    subject = about.subjects_of(client.user, [job])[job.pk]
    assert (subject.name, subject.url) == ("Stock of tea", "")


def test_the_list_reads_the_objects_of_each_model_at_once():
    client = browser(is_superuser=True)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
            client.get("/api/v1/jobs/")
        return len(captured)

    job_about(Order.objects.create(number="0"))
    job_about(Note.objects.create(title="0"))
    queries()
    before = queries()
    for number in range(1, 20):
        job_about(Order.objects.create(number=str(number)))
        job_about(Note.objects.create(title=str(number)))
    assert queries() == before


def test_a_filter_that_is_no_reference_is_refused():
    client = browser()
    for text in ("order", "shop.order", ":1", "shop.order:"):
        answer = client.get("/api/v1/jobs/", {"about": text})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == "about"
    assert client.get("/api/v1/jobs/", {"about": "no.model:1"}).json()["results"] == []


def test_the_chip_of_the_filter_has_the_name():
    order, client = Order.objects.create(number="17"), browser("shop.view_order")
    job_about(order)
    page = client.get(f"{LIST}?about=shop.order:{order.pk}").content.decode()
    assert "About: Order 17" in page


def test_an_html_name_is_escaped():
    client = browser(is_superuser=True)
    job = job_about(Order.objects.create(number="<b>x</b>"))
    assert not any("<b>x" in text for text in texts(client, job))
    assert Job.objects.count() == 1
