"""The jobs on an object's page, and launches about it or about the ticked objects of a list."""

import re
from html import unescape

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import about
from jobs.models import Job, Source
from tests.about.people import ORDERS, RIGHTS, ShipForm, browser
from tests.about.reading import job_about
from tests.about.shop.models import Basket, Note, Order
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ship(make_type, redis):
    make_type(slug="secretly", label="Ship secretly", permission="auth.view_user")
    return make_type(slug="ship", label="Ship", form=ShipForm)


def page_of(client, one):
    return client.get(about.subjects_of(client.user, [job_about(one)]).popitem()[1].url)


def launch_links(page):
    found = re.findall(r'href="(/admin/jobs/job/launch/[^"]+\?[^"]+)"', page.content.decode())
    return [unescape(one) for one in found]


def test_the_page_of_an_object_has_its_newest_jobs():
    order, other = (Order.objects.create(number=str(number)) for number in (1, 2))
    for number in range(12):
        job_about(order, name=f"Of it {number}")
    job_about(other, name="Of another")
    text = browser().get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert "Of another" not in text
    assert re.findall(r"Of it (\d+)", text) == [str(number) for number in range(11, 1, -1)]
    assert f'href="/admin/jobs/job/?about=shop.order%3A{order.pk}"' in text


def test_a_reader_sees_only_jobs_of_their_own_there():
    order, client = Order.objects.create(number="1"), browser("jobs.add_job", "shop.view_order")
    job_about(order, name="Of another")
    job_about(order, name="Mine", created_by=client.user)
    text = client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert "Mine" in text
    assert "Of another" not in text


def test_a_reader_without_rights_on_jobs_sees_no_panel():
    order, client = Order.objects.create(number="1"), browser("shop.view_order")
    job_about(order, name="Of another")
    text = client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert "object-jobs" not in text
    assert "Of another" not in text


def test_the_jobs_of_a_page_are_one_query():
    order, client = Order.objects.create(number="1"), browser()
    for _ in range(9):
        job_about(order, created_by=make_user())
    client.get(f"{ORDERS}{order.pk}/change/")
    with CaptureQueriesContext(connection) as captured:
        client.get(f"{ORDERS}{order.pk}/change/")
    about_it = [one for one in captured.captured_queries if "about_key" in one["sql"]]
    assert len(about_it) == 1


def test_only_types_that_the_user_may_launch_are_offered():
    order = Order.objects.create(number="1")
    assert len(launch_links(page_of(browser(), order))) == 1
    assert len(launch_links(page_of(browser(*RIGHTS, "auth.view_user"), order))) == 2
    assert launch_links(page_of(browser("jobs.view_job", "shop.view_order"), order)) == []


@pytest.mark.parametrize("text", ["17", "a/b c:d?e=ü&f='\"<"])
def test_the_form_is_filled_in_and_launches_about_the_object(text):
    note, client = Note.objects.create(title=text), browser()
    [link] = launch_links(page_of(client, note))
    form = client.get(link)
    assert form.context["params_form"]["number"].value() == text
    assert "Not filled in" not in form.content.decode()
    assert "About <a" in form.content.decode()
    assert f'"about": "shop.note:{text[:3]}' in form.context["curl"]
    Job.objects.all().delete()
    once = re.search(r'name="once" value="([^"]+)"', form.content.decode())[1]
    entries = {"once": once, "name": "Ship it", "params-number": text}
    for _ in range(2):
        client.post(link, entries)
    job = Job.objects.get()
    assert (job.about_key, job.params["number"], job.source) == (text, text, Source.ADMIN)
    call = client.post(form.context["curl_url"], entries).content.decode()
    assert '"about": "shop.note:' in call


def test_a_form_about_an_object_that_one_may_not_view_says_so_and_launches_nothing():
    client = browser()
    basket = Basket.objects.create(owner=make_user())
    for reference in (f"shop.basket:{basket.pk}", "shop.basket:404", "x"):
        link = f"/admin/jobs/job/launch/ship/?about={reference}"
        text = client.get(link).content.decode()
        assert "About: There is no such object, or you may not view it." in text
        assert "gifts" not in text
        entries = {"name": "Ship it", "params-number": "1"}
        page = client.post(link, entries)
        assert "There is no such object, or you may not view it." in page.content.decode()
    assert not Job.objects.exists()


def test_a_command_submits_about_an_object(capsys):
    order = Order.objects.create(number="1")
    call_command(
        "submit_job", "Ship", params='{"number": "1"}', about=f"shop.order:{order.pk}", param=[]
    )
    assert Job.objects.get().about_key == str(order.pk)
