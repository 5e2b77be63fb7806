"""Launches about the ticked objects of a list."""

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from jobs.models import Job
from tests.about.people import NOTES, ORDERS, RIGHTS, ShipForm, browser
from tests.about.shop.models import Basket, Note, Order
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ship(make_type, redis):
    make_type(slug="secretly", label="Ship secretly", permission="auth.view_user")
    return make_type(slug="ship", label="Ship", form=ShipForm)


def tick(client, objects, address=ORDERS, **more):
    entries = {"action": "launch_ship", "index": "0", "select_across": "0"}
    entries["_selected_action"] = [str(one.pk) for one in objects]
    return client.post(address, entries | more)


def confirmed(client, page, address=ORDERS):
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    entries = {}
    for name, value in found:
        entries.setdefault(name, []).append(unescape(value))
    return client.post(address, entries, follow=True), entries


def test_the_ticked_objects_are_launched_in_one_batch_after_a_question():
    orders, client = [Order.objects.create(number=str(one)) for one in range(12)], browser()
    page = tick(client, orders[:11])
    text = page.content.decode()
    assert "Launch 11 jobs “Ship”?" in text
    assert "and 1 more" in text
    assert not Job.objects.exists()
    answer, entries = confirmed(client, page)
    jobs = Job.objects.order_by("id")
    assert sorted(job.about_key for job in jobs) == sorted(str(one.pk) for one in orders[:11])
    assert {job.params["number"] for job in jobs} == {one.number for one in orders[:11]}
    assert len({job.batch_id for job in jobs}) == 1
    assert f'<a href="/admin/jobs/job/?batch={jobs[0].batch_id}">11 jobs</a> launched.' in (
        answer.content.decode()
    )
    again = client.post(ORDERS, entries, follow=True).content.decode()
    assert "This form was sent twice" in again
    assert Job.objects.count() == LogEntry.objects.count() == 11


def test_all_that_the_list_shows_are_launched():
    for number in range(105):
        Order.objects.create(number=str(number))
    client = browser()
    page = tick(client, Order.objects.all()[:1], select_across="1")
    assert "Launch 105 jobs" in page.content.decode()
    Order.objects.create(number="later")
    confirmed(client, page)
    assert Job.objects.count() == 105


def test_keys_are_ticked_where_the_project_groups_digits(settings):
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    orders, client = [Order.objects.create(pk=pk, number="1") for pk in (1234, 56789)], browser()
    confirmed(client, tick(client, orders))
    assert {job.about_key for job in Job.objects.all()} == {"1234", "56789"}


def test_keys_of_text_are_ticked():
    notes = [Note.objects.create(title=one) for one in ("a/b c", "d_5Fe", "f'\"<&")]
    client = browser()
    confirmed(client, tick(client, notes, NOTES), NOTES)
    assert {job.about_key for job in Job.objects.all()} == {one.title for one in notes}


def test_objects_that_are_gone_when_confirmed_are_asked_about_again():
    orders, client = [Order.objects.create(number=str(one)) for one in range(3)], browser()
    page = tick(client, orders)
    orders[0].delete()
    answer, _ = confirmed(client, page)
    assert "The list has changed" in answer.content.decode()
    assert "Launch 2 jobs" in answer.content.decode()
    assert not Job.objects.exists()


def test_nothing_is_launched_if_all_objects_are_gone():
    order, client = Order.objects.create(number="1"), browser()
    page = tick(client, [order])
    order.delete()
    answer, _ = confirmed(client, page)
    assert "None of them is left" in answer.content.decode()
    assert not Job.objects.exists()


def test_more_objects_than_a_batch_may_have_are_refused():
    Order.objects.bulk_create(Order(number=str(one)) for one in range(501))
    client = browser()
    tick(client, Order.objects.all()[:1], select_across="1")
    assert "Choose at most 500" in client.get(ORDERS).content.decode()
    assert not Job.objects.exists()


def test_one_refused_object_refuses_the_batch_and_is_named():
    orders, client = [Order.objects.create(number=one) for one in ("good", "bad")], browser()
    answer, _ = confirmed(client, tick(client, orders))
    text = answer.content.decode()
    assert "Nothing was launched. Order bad: number: No such number." in text
    assert not Job.objects.exists()


def test_the_action_needs_the_rights_of_both_sides():
    order = Order.objects.create(number="1")
    reader = browser("jobs.view_job", "shop.view_order")
    assert "launch_ship" not in reader.get(ORDERS).content.decode()
    tick(reader, [order], confirmed="1")
    assert tick(browser("jobs.add_job"), [order], confirmed="1").status_code == 403
    launcher = browser()
    assert "launch_secretly" not in launcher.get(ORDERS).content.decode()
    basket = Basket.objects.create(owner=make_user())
    viewer = browser(*RIGHTS, "shop.view_basket")
    tick(viewer, [basket], "/admin/shop/basket/", confirmed="1")
    assert not Job.objects.exists()


def test_the_question_is_sent_only_with_a_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(*RIGHTS, is_staff=True))
    order = Order.objects.create(number="1")
    assert tick(client, [order], confirmed="1").status_code in (302, 403)
    assert not Job.objects.exists()
