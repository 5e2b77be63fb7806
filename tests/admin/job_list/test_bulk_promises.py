"""A bulk action does what its confirmation page says: on every tab, for ticked jobs and for all."""

import html
import re

import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.utils import timezone

from jobs.engine.worker.execution import execute
from jobs.models import Job, Status
from jobs.services import ACTIONS
from tests.admin.job_list.bulk_steps import form_of
from tests.support.factories import make_job, make_jobs, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
TABS = ("", *Status.values)


@pytest.fixture(autouse=True)
def again(make_type):
    return make_type(slug="again")


class Number(forms.Form):
    x = forms.IntegerField()


def jobs_of_each_status(count):
    """`count` jobs of each status."""
    statuses = list(Status)

    def fields_of(number):
        turn, place = divmod(number, len(statuses))
        return {"name": f"Job {turn}", "status": statuses[place]}

    return make_jobs(count * len(statuses), fields_of, type="again")


def ask_and_confirm(client, action, tab, ticked, across):
    """Confirm the action; return how many jobs the confirmation page named."""
    sent = {"action": action.name, "_selected_action": [str(one.pk) for one in ticked], "index": 0}
    sent["select_across"] = int(across)
    address = f"{LIST}?status={tab}" if tab else LIST
    question = client.post(address, sent)
    if question.context["total"]:
        assert f"{action.label} {question.context['jobs_counted']}?" in question.content.decode()
    client.post(address, form_of(question))
    return question.context["total"]


def run_what_was_launched():
    """Run the bulk job that the action launched, if any."""
    for job in Job.objects.filter(type__startswith="bulk_", status=Status.PENDING):
        job.status, job.attempt, job.worker, job.pid = Status.PROCESSING, 1, "w", 1
        job.started_at = job.lease_until = timezone.now()
        job.save()
        execute(job)


DONE = {
    "cancel": lambda ids: Job.objects.filter(pk__in=ids).exclude(cancel_requested_at=None).count(),
    "rerun": lambda ids: Job.objects.filter(rerun_of__in=ids).count(),
    "acknowledge": lambda ids: Job.objects.filter(pk__in=ids).exclude(acknowledged_at=None).count(),
    "delete": lambda ids: len(ids) - Job.objects.filter(pk__in=ids).count(),
}


def promised_and_done(client, action):
    """The number of jobs on the confirmation page, and the number in the message afterwards."""
    first = Job.objects.first()
    sent = {"action": action.name, "_selected_action": [str(first.pk)], "select_across": 1}
    asked = client.post(LIST, sent)
    answer = client.post(LIST, form_of(asked), follow=True).content.decode()
    said = re.search(rf"(\d+) (?:of \d+ )?jobs? {action.done}", answer)
    return asked.context["total"], int(said[1]) if said else 0


def make_for_cancel(user):
    make_job(created_by=user)
    make_job()
    make_job(created_by=user, status=Status.PROCESSING, cancel_requested_at=timezone.now())


def make_for_launch_again(user):
    make_job(type="again", status=Status.FAILED)
    make_job(type="of_a_past_release", status=Status.FAILED)
    make_job(type="prune", status=Status.FAILED)  # needs a permission


def make_for_acknowledge(user):
    make_job(created_by=user, status=Status.FAILED)
    make_job(created_by=user, status=Status.FAILED, acknowledged_at=timezone.now())
    make_job(status=Status.FAILED)


def make_for_delete(user):
    user.user_permissions.add(Permission.objects.get(codename="delete_job"))
    make_job(status=Status.FAILED, created_by=user, idempotency_key="form 1")
    make_job(status=Status.FAILED, created_by=user, idempotency_key="of a caller")


MAKE = {
    "cancel": make_for_cancel,
    "rerun": make_for_launch_again,
    "acknowledge": make_for_acknowledge,
    "delete": make_for_delete,
}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_the_confirmation_page_does_not_count_jobs_that_will_be_refused(client, redis, action):
    user = make_user("jobs.view_job", "jobs.add_job", username="ann", is_staff=True)
    MAKE[action.name](user)
    client.force_login(user)
    assert promised_and_done(client, action) == (1, 1)


@pytest.mark.parametrize(
    ("size", "across"),
    [(3, False), (20, False), (3, True), (120, True)],
    ids=["some ticked", "a page ticked", "all of a few", "all of more than a hundred"],
)
@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab or "all")
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_the_action_changes_the_number_of_jobs_that_was_shown(
    operator, redis, action, tab, size, across
):
    jobs = [job for job in jobs_of_each_status(size) if not tab or job.status == tab]
    legal = [job for job in jobs if job.status in action.statuses]
    promised = ask_and_confirm(operator, action, tab, jobs[:50] if across else jobs, across)
    assert promised == len(legal)
    if legal:
        run_what_was_launched()
    assert DONE[action.name]([job.pk for job in jobs]) == len(legal)


def skipped(client, action, tab):
    """The skipped jobs of a tab: by status on the confirmation page, and in the message after."""
    address = f"{LIST}?status={tab}" if tab else LIST
    sent = {
        "action": action.name,
        "_selected_action": [str(Job.objects.first().pk)],
        "select_across": 1,
    }
    question = client.post(address, sent)
    told = {
        row.status: int(row.count)
        for row in question.context["tally"]
        if row.outcome == "will be skipped"
    }
    answer = client.post(address, form_of(question), follow=True).content.decode()
    said = re.search(r"(\d+) jobs? skipped", answer)
    return told, int(said[1]) if said else 0


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab or "all")
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_only_jobs_of_the_tab_are_counted_as_skipped(operator, redis, action, tab):
    jobs_of_each_status(3)
    left = {
        status: 3
        for status in Status.values
        if status not in action.statuses and tab in ("", status)
    }
    assert skipped(operator, action, tab) == (left, 3 * len(left))


def test_a_job_that_cannot_be_launched_again_is_named_with_a_reason(operator, redis, make_type):
    make_type(slug="number", form=Number)
    jobs = [
        make_job(type="gone", status=Status.FAILED),
        make_job(type="number", status=Status.FAILED, params={"x": "y"}),
    ]
    asked = operator.post(
        LIST, {"action": "rerun", "_selected_action": [str(one.pk) for one in jobs]}
    )
    answer = html.unescape(operator.post(LIST, form_of(asked), follow=True).content.decode())
    assert "1 not launched again: The form refuses the params: x: Must be a whole number" in answer
    assert "1 not launched again: The job's type does not exist any more" in answer
