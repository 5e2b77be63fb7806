"""Celery's results: of jobs that the user may see, on every page and in every export."""

import pytest
from django_celery_results.models import TaskResult

from jobs.models import Job, Status
from tests.support.factories import make_job, make_user
from tests.types.exports import exported, run_export

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

RESULTS = "/admin/django_celery_results/taskresult/"
VIEW = "django_celery_results.view_taskresult"


def make_result(owner, value):
    """The result of a completed job of `owner`."""
    job = make_job(status=Status.COMPLETED, created_by=owner, created_by_name=owner.username)
    result = TaskResult.objects.create(task_id=str(job.pk), status="SUCCESS", result=value)
    Job.objects.filter(pk=job.pk).update(task_result=result)
    return result


@pytest.fixture
def user(client):
    client.user = make_user(VIEW, "jobs.add_job", is_staff=True)
    client.force_login(client.user)
    return client


@pytest.fixture
def mine(user):
    return make_result(user.user, '{"rows": "of mine"}')


@pytest.fixture
def other(user):
    return make_result(make_user(), '{"rows": "of another"}')


def listed(client, **query):
    return [one.pk for one in client.get(RESULTS, query).context["cl"].result_list]


def test_without_view_job_the_list_has_the_results_of_own_jobs_alone(user, mine, other):
    assert listed(user) == listed(user, q=mine.task_id) == [mine.pk]
    assert listed(user, q=other.task_id) == []


@pytest.mark.parametrize("page", ["change", "history", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_view_job_the_pages_of_other_results_show_nothing(user, other, page, method):
    answer = getattr(user, method)(f"{RESULTS}{other.pk}/{page}/", {"post": "yes"}, follow=True)
    assert "of another" not in answer.content.decode()
    assert answer.redirect_chain or answer.status_code in (403, 404)
    assert TaskResult.objects.filter(pk=other.pk).exists()


def test_the_page_of_an_own_result_is_shown(user, mine):
    assert "of mine" in user.get(f"{RESULTS}{mine.pk}/change/").content.decode()
    assert user.get(f"{RESULTS}{mine.pk}/history/").status_code == 200


@pytest.mark.parametrize("rights", [(), ("jobs.view_job",)])
def test_an_export_of_results_has_those_of_jobs_that_its_user_may_see(mine, other, user, rights):
    both = [mine.task_id, other.task_id]
    reader = make_user(VIEW, "jobs.add_job", *rights) if rights else user.user
    rows = exported(reader, model="django_celery_results.taskresult")
    assert [row["task_id"] for row in rows] == (both if rights else [mine.task_id])


def test_an_export_of_results_needs_the_right_to_view_results(mine):
    user = make_user("jobs.add_job", "jobs.view_job")
    outcome, _ = run_export(user, model="django_celery_results.taskresult")
    assert (outcome.status, VIEW in outcome.error_message) == (Status.FAILED, True)


def test_with_view_job_all_results_are_shown(client, mine, other):
    client.force_login(make_user(VIEW, "jobs.view_job", is_staff=True))
    assert listed(client) == [other.pk, mine.pk]
    assert "of another" in client.get(f"{RESULTS}{other.pk}/change/").content.decode()


def test_the_list_names_jobs_and_states_in_the_words_of_the_job_list(user, mine):
    page = user.get(RESULTS).content.decode()
    assert Job.objects.get(pk=mine.task_id).name in page
    assert "Completed" in page
    assert "SUCCESS" not in page


def test_the_list_takes_one_query_for_all_jobs(user, mine, django_assert_max_num_queries):
    for _ in range(20):
        make_result(user.user, "{}")
    with django_assert_max_num_queries(12):
        assert len(listed(user)) == 21


def test_a_result_whose_job_is_gone_is_shown_by_its_id(client):
    result = TaskResult.objects.create(task_id="no-uuid", status="RETRY")
    client.force_login(make_user(VIEW, "jobs.view_job", is_staff=True))
    assert "no-uuid" in client.get(RESULTS).content.decode()
    assert "no-uuid" in client.get(f"{RESULTS}{result.pk}/change/").content.decode()
