"""What pages without rows show: why there are none, and what to do next, if the user may do it."""

import pytest
from django.contrib.auth.models import Group

from tests.support import people
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"
TOKENS = "/admin/jobs/apitoken/"
LISTS = (
    TOKENS,
    "/admin/jobs/auditentry/",
    "/admin/auth/group/",
    "/admin/axes/accessattempt/",
    "/admin/axes/accessfailurelog/",
    "/admin/django_celery_results/taskresult/",
)


def text_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_a_list_without_rows_has_a_sentence_and_no_actions(superuser, address):
    Group.objects.all().delete()
    page = text_of(superuser, address)
    assert 'class="empty"' in page
    assert "selected" not in page.split('id="changelist"')[1]
    assert 'class="paginator"' not in page


@pytest.mark.parametrize("address", ["/admin/auth/user/", "/admin/auth/group/", *LISTS[1:2]])
def test_a_search_without_result_names_it_and_leads_to_all_rows(superuser, address):
    page = text_of(superuser, f"{address}?q=zebra")
    assert "Nothing here matches “zebra”." in page
    assert '<a class="button" href="?">Show all</a>' in page


def test_a_filter_without_result_leads_to_all_rows(superuser):
    page = text_of(superuser, "/admin/auth/user/?is_active__exact=0")
    assert "Nothing here matches the filters." in page


def test_a_list_without_rows_offers_to_add_one_with_the_right_alone(client):
    button = f'<a class="button" href="{TOKENS}add/">Make token</a>'
    client.force_login(make_user("jobs.view_apitoken", is_staff=True))
    assert button not in text_of(client, TOKENS)
    client.force_login(people.operator())
    assert button in text_of(client, TOKENS)


def test_a_list_counts_its_rows_by_the_name_on_its_page(client):
    people.superuser(password="pass")
    client.post("/admin/login/", {"username": "maria", "password": "wrong"})
    client.force_login(people.operator(is_superuser=True))
    page = text_of(client, "/admin/axes/accessattempt/")
    assert "access attempt" not in page
    assert "1 entry" in page


def test_users_who_see_only_their_own_jobs_are_told_so(client):
    client.force_login(people.launcher())
    assert "You have not launched a job yet." in text_of(client, LIST)
    assert "The jobs that you launched." in text_of(client, "/admin/")


def test_users_who_see_all_jobs_are_not_told_that_they_see_their_own(viewer):
    assert "Jobs that users and programs launch appear here." in text_of(viewer, LIST)
    assert "The jobs that you launched." not in text_of(viewer, "/admin/")


def test_home_without_any_right_says_who_can_give_some(client):
    client.force_login(make_user(is_staff=True))
    page = text_of(client, "/admin/")
    assert "You have no rights here yet." in page
    assert "Other pages" not in page


def test_the_own_page_without_jobs_leads_to_the_launch_page(client):
    user = people.launcher()
    client.force_login(user)
    assert f'<a href="{LIST}launch/">Launch one</a>' in text_of(
        client, f"{LIST}requesters/{user.pk}/"
    )


def test_a_user_who_signs_in_without_a_password_is_no_program(client):
    user = people.launcher()
    client.force_login(user)
    assert "Account without a password" not in text_of(client, f"{LIST}requesters/{user.pk}/")
    program = make_user("jobs.add_job", username="erp")
    client.force_login(people.viewer())
    assert "Account without a password" in text_of(client, f"{LIST}requesters/{program.pk}/")
