"""Changes of a hold, and forms of the page that are sent while signed out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Hold
from tests.admin.holds.test_page import HOLD, LIMIT, PAGE, text
from tests.support.factories import make_hold

pytestmark = pytest.mark.django_db

CHANGE = {"change-ends": "240", "change-reason": "the disk is still full"}


def test_the_end_and_the_reason_of_a_hold_are_changed(operator):
    held = make_hold(reason="disk is full", until=timezone.now() + timedelta(minutes=5))
    address = f"{PAGE}{held.pk}/change/"
    assert f'href="{address}"' in text(operator.get(PAGE))
    page = text(operator.get(address))
    assert 'value="disk is full"' in page
    assert '<option value="time" selected>' in page
    assert "is changed" in text(operator.post(address, CHANGE, follow=True))
    held.refresh_from_db()
    assert timedelta(hours=3, minutes=59) < held.until - timezone.now() <= timedelta(hours=4)
    assert held.reason == "the disk is still full"
    operator.post(address, CHANGE | {"change-ends": "release"})
    held.refresh_from_db()
    assert held.until is None
    assert '<option value="release" selected>' in text(operator.get(address))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"change-ends": "time", "change-until": "2020-01-01T00:00"}, "must be in the future."),
        ({"change-ends": "time"}, "Enter the time"),
        ({"change-ends": "7"}, "Select a valid choice"),
        ({"change-reason": " "}, "This field is required."),
    ],
)
def test_a_wrong_change_is_named_and_changes_nothing(operator, entries, message):
    held = make_hold(reason="disk is full")
    assert message in text(operator.post(f"{PAGE}{held.pk}/change/", CHANGE | entries))
    held.refresh_from_db()
    assert (held.until, held.reason) == (None, "disk is full")


def test_a_hold_that_has_ended_is_not_changed(operator):
    held = make_hold(ended_at=timezone.now())
    assert "The hold has ended." in text(operator.post(f"{PAGE}{held.pk}/change/", CHANGE))
    assert operator.get(f"{PAGE}{held.pk + 1}/change/").status_code == 404


def test_forms_of_users_who_were_signed_out_come_back_filled_in(operator):
    held = make_hold()
    once = operator.get(PAGE).context["once"]
    for address, entries, shown in (
        (PAGE, HOLD, "disk is full"),
        (f"{PAGE}limits/", LIMIT, 'value="slow"'),
        (f"{PAGE}{held.pk}/change/", CHANGE, "the disk is still full"),
    ):
        operator.logout()
        sent = operator.post(address, entries | {"once": once})
        assert sent.url.endswith(f"?next={address}")
        key = operator.session["kept_form"]
        operator.force_login(operator.user)
        session = operator.session
        session["kept_form"] = key
        session.save()
        page = text(operator.get(address))
        assert shown in page
        assert "Nothing was changed yet." in page
    operator.logout()
    released = operator.post(f"{PAGE}{held.pk}/release/", {"once": once})
    assert released.url.endswith(f"?next={PAGE}")
    assert Hold.objects.active().count() == 1
