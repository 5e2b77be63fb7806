"""The audit trail: it outlives the accounts that did it, and what they did it to."""

import re

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import InternalError, connection, transaction

from jobs.models import ApiToken, AuditEntry, Job, Status
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db

USERS, JOBS, AUDIT = "/admin/auth/user/", "/admin/jobs/job/", "/admin/jobs/auditentry/"


@pytest.fixture
def ada():
    return make_user(
        "jobs.view_job", "jobs.add_job", "jobs.cancel_job", username="ada", is_staff=True
    )


@pytest.fixture
def failure(client, ada):
    """A failed job of Ada's that she acknowledged in the admin."""
    job = make_job(status=Status.FAILED, created_by=ada, created_by_name="ada")
    client.force_login(ada)
    client.post(f"{JOBS}{job.pk}/acknowledge/", {"note": "known fault"})
    return job


def by_page(admin_client, account):
    admin_client.post(f"{USERS}{account.pk}/delete/", {"post": "yes"})


def in_bulk(admin_client, account):
    ticked = [account.pk, make_user().pk]
    admin_client.post(
        USERS, {"action": "delete_selected", "post": "yes", "_selected_action": ticked}
    )


def from_a_shell(admin_client, account):
    account.delete()


def as_a_queryset(admin_client, account):
    User.objects.filter(pk=account.pk).delete()


WAYS = (by_page, in_bulk, from_a_shell, as_a_queryset)


def who_did_what(client, job):
    page = client.get(f"{JOBS}{job.pk}/change/").content.decode()
    return re.sub(r"<[^>]+>|\s+", " ", page.partition("Audit trail")[2].partition("</ul>")[0])


@pytest.mark.parametrize("delete", WAYS)
def test_what_an_account_did_outlives_it(admin_client, failure, ada, delete):
    delete(admin_client, ada)
    assert not User.objects.filter(username="ada").exists()
    shown = who_did_what(admin_client, failure)
    assert "ada" in shown
    assert "Acknowledged. known fault" in shown
    job = Job.objects.get()
    assert (job.created_by_name, job.acknowledged_by) == ("ada", "ada")
    assert "Requested by" in admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()


def test_the_history_of_a_row_outlives_the_account_that_changed_it(admin_client, ada):
    other = make_user()
    LogEntry.objects.log_actions(
        ada.pk, [other, make_user()], CHANGE, [{"changed": {"fields": ["Email address"]}}]
    )
    ada.delete()
    page = admin_client.get(f"{USERS}{other.pk}/history/").content.decode()
    assert "ada" in page
    assert "Changed Email address." in page


def test_an_entry_outlives_what_it_is_about(admin_client):
    job = make_job(status=Status.COMPLETED, name="Monthly figures")
    admin_client.post(f"{JOBS}{job.pk}/delete/", {"post": "yes"})
    assert not Job.objects.exists()
    page = admin_client.get(AUDIT, {"q": str(job.pk)}).content.decode()
    assert "Monthly figures" in page
    assert "Deletion." in page


def test_the_audit_trail_is_searched_by_the_names_of_deleted_accounts(admin_client, failure, ada):
    LogEntry.objects.log_actions(make_user(username="eve").pk, [failure], CHANGE, "Looked at.")
    ada.delete()
    page = admin_client.get(AUDIT, {"q": "ada"}).content.decode()
    assert "known fault" in page
    assert "Looked at." not in page


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_never_changed_or_deleted(failure):
    entries = AuditEntry.objects.all()
    for change in (
        entries.delete,
        lambda: entries.update(actor="eve"),
        lambda: entries.get().delete(),
    ):
        with pytest.raises(InternalError, match="never changed or deleted"), transaction.atomic():
            change()
    assert entries.get().actor == "ada"


def test_an_entry_is_kept_although_the_search_path_is_another(ada):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")
        cursor.execute(
            "INSERT INTO public.django_admin_log"
            " (action_time, object_repr, action_flag, change_message, user_id)"
            " VALUES (now(), 'x', 2, 'From afar.', %s)",
            [ada.pk],
        )
        cursor.execute("SET LOCAL search_path = public")
    assert AuditEntry.objects.get().message == "From afar."


def test_the_question_before_an_account_is_deleted_says_what_stays(admin_client, failure, ada):
    ApiToken.objects.create(ada, name="warehouse")
    one = admin_client.get(f"{USERS}{ada.pk}/delete/").content.decode()
    ticked = {"action": "delete_selected", "_selected_action": [ada.pk]}
    for page in (one, admin_client.post(USERS, ticked).content.decode()):
        assert "Jobs and audit entries stay" in page
        assert "API tokens: 1" in page
        assert "Log entr" not in page, "they are kept, as the audit trail"


@pytest.mark.parametrize("delete", [by_page, in_bulk])
def test_the_deletion_of_an_account_is_on_record_with_its_tokens(admin_client, ada, delete):
    for name in ("warehouse", "import"):
        ApiToken.objects.create(ada, name=name)
    delete(admin_client, ada)
    entry = AuditEntry.objects.about(User, ada.pk).get()
    assert (entry.actor, entry.object_name) == ("admin", "ada")
    assert entry.text == "Deleted. Revoked 2 API tokens: import, warehouse."
    assert entry.get_action_display() == "Deletion"


@pytest.mark.parametrize("delete", [by_page, in_bulk])
def test_an_account_with_too_many_jobs_is_closed_and_not_deleted(
    admin_client, failure, ada, delete, monkeypatch
):
    monkeypatch.setattr("jobs.admin.accounts.DELETABLE_JOBS_LIMIT", 1)
    delete(admin_client, ada)
    assert not User.objects.filter(username="ada").exists(), "one job is not too many"
    eve = make_user(username="eve")
    for _ in range(2):
        make_job(created_by=eve)
    delete(admin_client, eve)
    assert User.objects.filter(username="eve").exists()
    page = admin_client.get(f"{USERS}{eve.pk}/delete/").content.decode()
    assert "clear “Active” on the page of eve" in page
    assert 'type="submit"' not in page.partition('id="content"')[2]


def test_accounts_with_too_many_jobs_together_are_not_deleted_at_once(admin_client, monkeypatch):
    monkeypatch.setattr("jobs.admin.accounts.DELETABLE_JOBS_LIMIT", 1)
    accounts = [make_user(username=name) for name in ("eve", "bob")]
    for account in accounts:
        make_job(created_by=account)
    ticked = {
        "action": "delete_selected",
        "_selected_action": [one.pk for one in accounts],
        "post": "yes",
    }
    page = admin_client.post(USERS, ticked).content.decode()
    assert "more than 10,000 jobs, alone or together" in page
    assert User.objects.filter(username__in=["eve", "bob"]).count() == 2


def test_a_renamed_account_shows_both_names(admin_client, failure, ada):
    form = {
        "username": "lovelace",
        "date_joined_0": "2026-11-25",
        "date_joined_1": "10:00:00",
        "is_active": "on",
    }
    assert admin_client.post(f"{USERS}{ada.pk}/change/", form).status_code == 302
    assert "ada (now lovelace)" in who_did_what(admin_client, failure)
    for address in (JOBS, f"{JOBS}{failure.pk}/change/"):
        assert "ada (now lovelace)" in admin_client.get(address).content.decode()
    history = admin_client.get(f"{USERS}{ada.pk}/history/").content.decode()
    assert "Renamed from “ada” to “lovelace”." in history


@pytest.mark.parametrize("delete", WAYS)
def test_the_jobs_of_a_deleted_account_are_found_by_its_name(admin_client, failure, ada, delete):
    other = make_job(created_by_name="grace")
    delete(admin_client, ada)
    for address in ("/api/v1/jobs/?created_by=ada", "/api/v1/jobs/?created_by=ada&status=FAILED"):
        assert [job["id"] for job in admin_client.get(address).json()["results"]] == [
            str(failure.pk)
        ]
    page = admin_client.get(f"{JOBS}?created_by=ada").content.decode()
    assert str(failure.pk) in page
    assert str(other.pk) not in page


def test_postgresql_expects_no_jobs_without_an_account_of_a_name_that_has_one():
    grace = make_user(username="grace")
    for _ in range(20):
        make_job(created_by=grace, created_by_name="grace")
        make_job(created_by_name="root")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    plan = Job.objects.filter(created_by=None, created_by_name="grace").order_by().explain()
    assert int(re.findall(r"rows=(\d+)", plan)[-1]) < 5, plan


def found(client, name):
    return {
        job["id"] for job in client.get("/api/v1/jobs/", {"created_by": name}).json()["results"]
    }


def test_an_account_with_the_name_of_a_deleted_one_hides_none_of_its_jobs(
    admin_client, failure, ada
):
    ada.delete()
    again = make_user(username="ada")
    new = make_job(created_by=again, created_by_name="ada")
    assert found(admin_client, "ada") == {str(failure.pk), str(new.pk)}
    assert found(admin_client, "admin") == set()


def test_the_jobs_of_a_renamed_account_are_found_by_both_names(admin_client, failure, ada):
    User.objects.filter(pk=ada.pk).update(username="lovelace")
    assert found(admin_client, "ada") == found(admin_client, "lovelace") == {str(failure.pk)}


def test_a_user_sees_by_a_name_only_the_jobs_that_they_may_see(client, failure, ada):
    ada.delete()
    client.force_login(people.launcher())
    assert found(client, "ada") == set()
