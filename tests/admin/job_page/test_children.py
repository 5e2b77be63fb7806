"""The page of a job that launched others, and those of the others."""

import pytest

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job, make_jobs

pytestmark = pytest.mark.django_db(transaction=True)
BOX = 'type="checkbox" name="children"'


def page_of(client, job):
    return client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()


@pytest.fixture
def parent():
    parent = make_job(name="Split", status=Status.PROCESSING)
    make_jobs(2, lambda n: {"idempotency_key": f"child {n}"}, parent=parent)
    make_job(parent=parent, status=Status.FAILED, idempotency_key="child 3")
    return parent


def test_the_page_counts_the_children_by_status_with_links(operator, parent):
    page = page_of(operator, parent)
    assert f'href="/admin/jobs/job/?parent={parent.pk}">3 in total</a>' in page
    assert f'?parent={parent.pk}&amp;status=PENDING">2 pending</a>' in page
    assert f'?parent={parent.pk}&amp;status=FAILED">1 failed</a>' in page


def test_the_counts_of_an_open_page_follow_the_children(operator, parent):
    address = f"/admin/jobs/job/{parent.pk}/live/"
    first = operator.get(address).json()["version"]
    assert operator.get(address, {"version": first}).status_code == 304
    waiting = parent.children.filter(status=Status.PENDING).first()
    ended = {"status": Status.COMPLETED, "finished_at": waiting.created_at}
    Job.objects.filter(pk=waiting.pk).update(**ended)
    answer = operator.get(address, {"version": first}).json()
    assert f'?parent={parent.pk}&amp;status=PENDING">1 pending</a>' in answer["regions"]["facts"]
    assert (
        f'?parent={parent.pk}&amp;status=COMPLETED">1 completed</a>' in answer["regions"]["facts"]
    )
    assert operator.get(address, {"version": answer["version"]}).status_code == 304
    alone = make_job(status=Status.PROCESSING)
    version = operator.get(f"/admin/jobs/job/{alone.pk}/live/").json()["version"]
    assert version == f"{alone.version}-{alone.attempt}"


def test_the_page_of_a_child_leads_to_its_parent_until_that_is_deleted(operator, parent):
    child = parent.children.first()
    link = f'<a href="/admin/jobs/job/{parent.pk}/change/">Split</a>'
    assert link in page_of(operator, child)
    Job.objects.filter(pk=parent.pk).delete()
    assert link not in page_of(operator, child)


def test_the_parent_of_another_account_is_not_shown(client, parent):
    client.force_login(people.launcher(username="paul", is_staff=True))
    user = people.launcher(username="lena", is_staff=True)
    child = make_job(created_by=user, parent=parent, idempotency_key="child 9")
    client.force_login(user)
    page = page_of(client, child)
    assert "Split" not in page
    assert str(parent.pk) not in page


@pytest.mark.parametrize("ticked", [True, False])
def test_the_box_cancels_the_waiting_children_too(operator, parent, ticked):
    assert BOX in page_of(operator, parent)
    entries = {"note": "Wrong"} | ({"children": "on"} if ticked else {})
    address = f"/admin/jobs/job/{parent.pk}/cancel/"
    page = operator.post(address, entries, follow=True).content.decode()
    waiting = parent.children.filter(status=Status.PENDING).count()
    assert waiting == (0 if ticked else 2)
    assert ("Also cancelled: 2 jobs that it launched." in page) is ticked


def test_a_job_without_waiting_children_has_no_box(operator):
    assert BOX not in page_of(operator, make_job(status=Status.PROCESSING))
