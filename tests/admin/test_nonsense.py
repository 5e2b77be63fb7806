"""Invalid addresses, ticks and names on every list of the admin: 400 or a message, never 500."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)  # a refused statement ends one

INVALID = (
    "id__in=%00",
    "pk__range=1",
    "p=x&q=%00",
    "pk__regex=(",
    "pk__contains=%00",
    "date_joined__year=0",
    "attempt_time__year=99999999999",
    "date_joined__gte=0001-01-01T00:00%2B23:59",
)


@pytest.mark.parametrize("query", INVALID)
def test_no_list_fails_over_an_address_that_means_nothing(superuser, query):
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        answer = superuser.get(f"{address}?{query}")
        assert answer.status_code in (200, 302, 400), model


def test_no_list_fails_over_ticks_that_are_no_ids(superuser):
    for model, model_admin in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for ticked in ("\x00", "x", "9" * 30):
            for action in (
                *model_admin.get_actions(superuser.get(address).wsgi_request),
                "delete_selected",
            ):
                answer = superuser.post(address, {"action": action, "_selected_action": ticked})
                assert answer.status_code in (200, 302, 400), (model, action)


def test_no_list_is_searched_by_a_regular_expression(superuser):
    assert superuser.get("/admin/auth/user/?username__regex=a").status_code == 400


def test_a_name_too_long_to_be_anybodys_is_refused_at_the_door(client):
    answer = client.post("/admin/login/", {"username": "a" * 256, "password": "x"})
    assert answer.status_code == 200
    assert "at most 150 characters" in answer.content.decode()


def test_the_site_has_no_address_that_looks_up_whatever_it_is_given(superuser):
    job = make_job()
    assert superuser.get(f"/admin/r/1/{job.pk}/").status_code == 404
    query = "app_label=jobs&model_name=job&field_name=created_by&term=%00"
    assert superuser.get(f"/admin/autocomplete/?{query}").status_code == 404


def test_staff_without_the_right_to_see_rows_do_not_learn_which_there_are(client):
    client.force_login(make_user(is_staff=True))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_history"
        assert client.get(reverse(name, args=["0"])).status_code == 403, model
