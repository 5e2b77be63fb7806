"""A job runs with the choices that its requester has then."""

import pytest
from rest_framework.test import APIClient

from jobs import access, services
from jobs.engine.worker.execution import execute
from jobs.models import ApiToken, Job, JobFile, Status
from tests.parameters.regions import RegionForm, regions, started, user
from tests.support.factories import make_job, make_user

__all__ = ["regions", "user"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

NO_CHOICE = "That choice is not one of the available choices."


def waiting(user, **params):
    submitted = services.submit(services.code_caller(user), type="regions", params=params)
    return submitted.job


def failure(job):
    outcome = execute(started(job))
    return outcome.error_code, outcome.error_message


def test_a_job_runs_with_the_rights_that_its_requester_has_then(regions, user):
    own = make_job(created_by=user)
    job = waiting(user, region="north", of=str(own.pk))
    assert execute(started(job)).status == Status.COMPLETED
    Job.objects.filter(pk=own.pk).update(created_by=make_user())
    assert failure(job) == ("invalid_params", f"of: Select a valid choice. {NO_CHOICE}")
    user.groups.clear()
    assert failure(waiting_in("south", user))[0] == "invalid_params"


def waiting_in(region, user):
    return make_job(type="regions", params={"region": region}, created_by=user)


def test_a_job_whose_requester_is_gone_fails_with_a_sentence(regions, user):
    _, token = ApiToken.objects.create(user)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    body = {"type": "regions", "params": {"region": "north"}}
    client.post("/api/v1/jobs/", body, format="json")
    job = Job.objects.get(type="regions")
    user.delete()
    job.refresh_from_db()
    assert failure(job) == (
        "invalid_params",
        "The account that launched the job is gone, so its choices are not known.",
    )


def test_a_choice_that_its_requester_lost_still_needs_its_permission(regions, make_type, user):
    class SalesForm(RegionForm):
        def clean_region(self):
            return f"sales of {self.cleaned_data['region']}"

    def needed(params):
        return "auth.view_user" if params["region"] == "sales of south" else None

    make_type(slug="sales", form=SalesForm, permission_for=needed)
    job = make_job(type="sales", created_by=user, params={"region": "south"})
    JobFile.objects.create(job=job, attempt=1, name="f", content_type="t", size=1, stored_name="f")
    assert not access.files(make_user("jobs.view_job"), job).exists()
    user.delete()
    job.refresh_from_db()
    assert not access.files(make_user("jobs.view_job"), job).exists()
    assert access.files(make_user("jobs.view_job", "auth.view_user"), job).exists()
