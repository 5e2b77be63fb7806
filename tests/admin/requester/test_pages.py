"""The pages of a user and of an API token: what they requested, and who may see it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.models import ApiToken, Job, Source, Status, TokenRefusal
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


def page_of(requester):
    if isinstance(requester, ApiToken):
        return reverse("admin:jobs_apitoken_requests", args=[requester.public_id])
    return reverse("admin:jobs_job_requester", args=[requester.pk])


@pytest.fixture
def erp():
    """A service account with a token, which submitted jobs today and one yesterday."""
    erp = make_user(username="erp")
    token, _ = ApiToken.objects.create(erp, name="erp-import")
    of_token = {
        "created_by": erp,
        "created_by_name": "erp",
        "source": Source.API,
        "token_id": token.public_id,
        "token_name": token.name,
    }
    for status in (Status.COMPLETED, Status.COMPLETED, Status.FAILED, Status.PENDING):
        make_job(status=status, **of_token)
    yesterday = timezone.localtime().replace(hour=0, minute=0) - timedelta(minutes=1)
    make_job(status=Status.COMPLETED, created_at=yesterday, **of_token)
    make_job(created_by=erp, created_by_name="erp")
    token.owner = erp
    return token


def counts(page):
    return {one.status: one.count for one in page.context["today"].statuses}


def test_the_page_of_a_token_counts_the_jobs_of_today_by_status(viewer, erp):
    page = viewer.get(page_of(erp))
    assert counts(page) == dict.fromkeys(Status, "0") | {
        Status.COMPLETED: "2",
        Status.FAILED: "1",
        Status.PENDING: "1",
    }
    assert page.context["today"].success == "66 %"
    assert len(page.context["newest"]) == 5


def test_the_page_of_a_user_counts_the_jobs_of_all_tokens_and_doors(viewer, erp):
    page = viewer.get(page_of(erp.owner))
    assert counts(page)[Status.PENDING] == "2"
    assert page_of(erp) in page.content.decode(), "each job links to the token that submitted it"


def test_each_count_leads_to_as_many_jobs_in_the_list(viewer, erp):
    for requester in (erp, erp.owner):
        for one in viewer.get(page_of(requester)).context["today"].statuses:
            listed = viewer.get(one.url).context["cl"]
            assert listed.filters.errors == {}
            assert str(listed.result_count) == one.count


def test_the_list_and_the_job_page_lead_to_both_pages(viewer, erp):
    job = Job.objects.filter(token_id=erp.public_id)[0]
    for address in (LIST, f"{LIST}{job.pk}/change/"):
        page = viewer.get(address).content.decode()
        assert page_of(erp) in page
        assert page_of(erp.owner) in page


def test_the_list_names_the_token_by_which_it_is_filtered(viewer, erp):
    page = viewer.get(LIST, {"token": str(erp.public_id)})
    assert [one.label for one in page.context["cl"].chips()] == ["API token: erp-import"]


def test_a_revoked_token_keeps_its_page(viewer, erp):
    ApiToken.objects.all().delete()
    page = viewer.get(page_of(erp)).content.decode()
    assert "<h1>erp-import</h1>" in page
    assert "revoked" in page


def test_unknown_requesters_have_no_page(viewer):
    token = ApiToken(public_id=uuid.uuid4())
    assert viewer.get(page_of(token)).status_code == 404
    assert viewer.get(reverse("admin:jobs_job_requester", args=[10**9])).status_code == 404
    assert viewer.get(reverse("admin:jobs_job_requester", args=[10**30])).status_code == 404


def test_users_without_the_right_to_see_all_jobs_see_only_their_own_pages(client, erp):
    lena = people.launcher()
    people.sign_in(client, lena)
    own, _ = ApiToken.objects.create(lena, name="own")
    for requester, status in ((erp, 404), (erp.owner, 404), (own, 200), (lena, 200)):
        assert client.get(page_of(requester)).status_code == status


def test_tokens_and_sign_ins_of_others_need_the_right_to_see_accounts(viewer, admin_client, erp):
    hidden = viewer.get(page_of(erp.owner)).content.decode()
    assert "signed in" not in hidden
    assert "<h2>API tokens</h2>" not in hidden
    people.sign_in(viewer, people.superuser())
    assert "<h2>API tokens</h2>" in viewer.get(page_of(erp.owner)).content.decode()


def test_only_who_may_revoke_a_token_is_offered_it(client, erp):
    for user, offered in ((people.operator(), False), (people.superuser(), True)):
        people.sign_in(client, user)
        page = client.get(page_of(erp)).content.decode()
        assert bool(re.search(r"Revoke…", page)) == offered
        status = client.get(f"/admin/jobs/apitoken/{erp.public_id}/delete/").status_code
        assert status == (200 if offered else 302)


def test_refused_requests_are_shown_by_reason(viewer, erp):
    today = timezone.localdate()
    for days, reason, count in ((0, "invalid", 3), (2, "invalid", 4), (8, "throttled", 9)):
        day = today - timedelta(days=days)
        TokenRefusal.objects.create(token=erp, day=day, reason=reason, count=count)
    for requester in (erp, erp.owner):
        [row] = viewer.get(page_of(requester)).context["refused"]
        assert (row.code, row.today, row.week) == ("invalid", 3, 7)


@pytest.mark.parametrize("kind", ["user", "token"])
def test_a_page_takes_at_most_twelve_queries(client, erp, kind, django_assert_max_num_queries):
    people.sign_in(client, people.superuser())
    with django_assert_max_num_queries(12):
        assert client.get(page_of(erp if kind == "token" else erp.owner)).status_code == 200
