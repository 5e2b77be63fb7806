"""Forms that see their user: each door offers and accepts only what the launcher may choose."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from jobs import services
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidBatch, InvalidParams
from jobs.models import ApiToken, Job, Source, Status
from jobs.testing import run_type
from tests.parameters.regions import foreign, regions, started, user
from tests.support.factories import make_job, make_user

__all__ = ["foreign", "regions", "user"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LAUNCH = "/admin/jobs/job/launch/"
NO_CHOICE = "That choice is not one of the available choices."


def by_api(user, params):
    _, token = ApiToken.objects.create(user)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    answer = client.post("/api/v1/jobs/", {"type": "regions", "params": params}, format="json")
    return answer.status_code == 201, answer.content.decode()


def by_batch(user, params):
    _, token = ApiToken.objects.create(user)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    body = {"jobs": [{"type": "regions", "params": params}]}
    answer = client.post("/api/v1/jobs/batch/", body, format="json")
    return answer.status_code == 201, answer.content.decode()


def by_rerun(user, params):
    done = make_job(
        type="regions", status=Status.COMPLETED, created_by=user, params={"region": "north"}
    )
    _, token = ApiToken.objects.create(user)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    answer = client.post(f"/api/v1/jobs/{done.pk}/rerun/", {"params": params}, format="json")
    return answer.status_code == 201, answer.content.decode()


def by_admin(user, params):
    client = Client()
    client.force_login(user)
    sent = {"name": "x"} | {f"params-{name}": value for name, value in params.items()}
    answer = client.post(f"{LAUNCH}regions/", sent)
    return answer.status_code == 302, answer.content.decode()


def by_code(user, params):
    try:
        services.submit(services.code_caller(user), type="regions", params=params)
    except InvalidParams as error:
        return False, str(error)
    return True, ""


def in_a_batch_of_code(user, params):
    try:
        services.submit_batch(
            services.code_caller(user), [services.Launch(type="regions", params=params)]
        )
    except InvalidBatch as error:
        return False, str(error.errors[0])
    return True, ""


def by_a_child(user, params):
    parent = make_job(
        type="regions", status=Status.PROCESSING, created_by=user, source=Source.ADMIN
    )
    try:
        services.submit_child(context_of(parent), "regions", params, "", ("key", "one"))
    except InvalidParams as error:
        return False, str(error)
    return True, ""


def context_of(job):
    class Context:
        id = job.id
        attempt = 1

        def stored_job(self):
            return Job.objects.select_related("created_by").get(id=job.id)

    return Context()


DOORS = [by_api, by_batch, by_rerun, by_admin, by_code, in_a_batch_of_code, by_a_child]


@pytest.mark.parametrize("door", DOORS)
def test_each_door_takes_the_choices_of_the_user_alone(regions, user, door):
    assert door(user, {"region": "north"})[0]
    taken, text = door(user, {"region": "south"})
    assert not taken
    assert "south is not one of the available choices" in text


@pytest.mark.parametrize("door", DOORS)
def test_each_door_refuses_a_hidden_row_like_a_missing_one(regions, user, foreign, door):
    own = make_job(created_by=user)
    assert door(user, {"region": "north", "of": str(own.pk)})[0]
    missing = "01999999-9999-7999-8999-999999999999"
    answers = [door(user, {"region": "north", "of": str(key)}) for key in (foreign.pk, missing)]
    assert [taken for taken, _ in answers] == [False, False]
    for (_, text), key in zip(answers, (foreign.pk, missing), strict=True):
        assert NO_CHOICE in text
        assert "Foreign" not in text.replace(str(key), "")


def test_a_command_and_code_without_an_account_choose_everything(regions, foreign):
    params = {"region": "south", "of": str(foreign.pk)}
    call_command("submit_job", "--type", "regions", "--params", json.dumps(params), param=[])
    services.submit(services.code_caller(name="nightly"), type="regions", params=params)
    for job in Job.objects.filter(type="regions"):
        assert execute(started(job)).status == Status.COMPLETED


def test_a_type_runs_in_the_terminal_and_in_tests_with_the_choices_of_an_account(regions, user):
    options = {"params": '{"region": "south"}', "param": []}
    call_command("run_job_type", "regions", **options)
    with pytest.raises(CommandError, match="not one of the available"):
        call_command("run_job_type", "regions", user=user.username, **options)
    run_type("regions", {"region": "south"})
    with pytest.raises(InvalidParams):
        run_type("regions", {"region": "south"}, user=user)


def test_the_schema_has_the_choices_of_the_caller(regions, user):
    _, token = ApiToken.objects.create(user)
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    one = client.get("/api/v1/job-types/regions/").json()
    assert one["params_schema"]["properties"]["region"]["enum"] == ["north"]
    listed = client.get("/api/v1/job-types/").json()["results"]
    [of_list] = [found for found in listed if found["type"] == "regions"]
    assert of_list["params_schema"] == one["params_schema"]
    document = client.get("/api/v1/schema/").json()["components"]["schemas"]
    assert document["Type_regions_Params"]["properties"]["region"]["enum"] == ["north"]


def test_the_launch_page_offers_the_choices_of_the_user(regions, user, client):
    client.force_login(user)
    page = client.get(f"{LAUNCH}regions/").content.decode()
    assert '<option value="north">' in page
    assert "south" not in page


def test_an_address_does_not_tell_whether_a_hidden_row_exists(regions, user, foreign, client):
    client.force_login(user)
    told = [
        [str(one) for one in client.get(f"{LAUNCH}regions/?of={key}").context["messages"]]
        for key in (foreign.pk, "01999999-9999-7999-8999-999999999999")
    ]
    assert told[0] == told[1]
    assert NO_CHOICE in told[0][0]
    own = make_job(created_by=user)
    assert not [*client.get(f"{LAUNCH}regions/?of={own.pk}").context["messages"]]
    [message] = client.get(f"{LAUNCH}regions/?region=south").context["messages"]
    assert "south is not one of the available choices" in str(message)


def test_the_page_of_a_job_is_shown_to_who_lacks_its_choices(regions, client):
    other = make_job(type="regions", params={"region": "south"})
    client.force_login(make_user("jobs.view_job", is_staff=True))
    assert "south" in client.get(f"/admin/jobs/job/{other.pk}/change/").content.decode()
