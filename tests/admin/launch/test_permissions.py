"""Job types and params that need permissions of their own, on the launch page."""

import pytest
from django import forms
from django.urls import reverse

from jobs.models import Job
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = "/admin/jobs/job/launch/"


class Whom(forms.Form):
    """The form of a type for these tests."""

    whom = forms.CharField(max_length=20)


def test_a_type_with_a_permission_is_offered_only_to_those_who_have_it(operator, make_type):
    make_type(slug="secret", label="Secret", permission="auth.add_user")
    assert b"Secret" not in operator.get(LAUNCH).content
    assert operator.get(f"{LAUNCH}secret/").status_code == 403
    assert operator.post(f"{LAUNCH}secret/", {"name": "x"}).status_code == 403


def tables_offered(client):
    field = client.get(f"{LAUNCH}export/").context["params_form"]["model"]
    return {value for value, _ in field.field.widget.choices}


def test_an_export_offers_the_tables_that_the_user_may_view_and_refuses_the_others(client):
    people.sign_in(client, make_user("jobs.add_job", "jobs.view_job", is_staff=True))
    assert tables_offered(client) == {"jobs.job", "jobs.jobevent"}
    page = client.post(
        f"{LAUNCH}export/", {"name": "x", "params-model": "auth.user", "params-format": "csv"}
    )
    assert "needs the permission auth.view_user" in page.content.decode()
    assert not Job.objects.exists()


def test_an_export_offers_every_table_to_a_superuser(client):
    client.force_login(people.superuser())
    assert {"jobs.job", "auth.user", "admin.logentry"} <= tables_offered(client)


def test_params_that_need_a_permission_of_their_own_are_refused_on_their_form(operator, make_type):
    make_type(
        slug="greet",
        label="Greet",
        form=Whom,
        permission_for=lambda params: f"auth.{params['whom']}",
    )
    page = operator.post(f"{LAUNCH}greet/", {"name": "x", "params-whom": "add_user"})
    assert "needs the permission auth.add_user, which olga does not have." in page.content.decode()
    assert not Job.objects.exists()


def test_files_that_the_params_do_not_permit_are_neither_listed_nor_given(operator, make_type):
    make_type(slug="greet", form=Whom, permission_for=lambda params: "auth.view_user")
    job = make_job(type="greet", params={"whom": "x"}, status="COMPLETED")
    file = job.files.create(
        attempt=1, name="people.csv", content_type="text/csv", size=1, sha256="", stored_name="x"
    )
    assert b"people.csv" not in operator.get(f"/admin/jobs/job/{job.pk}/change/").content
    assert operator.get(reverse("admin:jobs_job_file", args=[job.pk, file.pk])).status_code == 404
