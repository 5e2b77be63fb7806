"""Staff hold jobs, set limits and drain workers on one page; others read it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.admin.holds import views
from jobs.models import Hold, HoldKind, SiteLimit
from tests.support import people
from tests.support.factories import make_hold, make_job, make_user, make_worker

pytestmark = pytest.mark.django_db

PAGE = "/admin/jobs/job/holds/"
HOLD = {
    "hold-kind": "type",
    "hold-target": "Generate report",
    "hold-ends": "60",
    "hold-reason": "disk is full",
}
LIMIT = {"limit-type": "report", "limit-at_most": "2", "limit-by": "", "limit-reason": "slow"}


def text(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_hold_is_placed_for_an_hour_and_released(operator):
    page = text(operator.post(PAGE, HOLD, follow=True))
    held = Hold.objects.get()
    assert timedelta(minutes=59) < held.until - timezone.now() <= timedelta(hours=1)
    assert "Job type Generate report is on hold" in page
    page = text(operator.post(f"{PAGE}{held.pk}/release/", follow=True))
    assert "Nothing is on hold." in page
    assert "released by olga" in page


def test_the_time_of_a_hold_is_in_the_readers_zone(operator):
    operator.cookies["zone"] = "Europe/Berlin"
    operator.post(PAGE, HOLD | {"hold-ends": "time", "hold-until": "2099-07-01T12:00"})
    assert Hold.objects.get().until.isoformat() == "2099-07-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"hold-target": "nothing"}, "no such job type"),
        ({"hold-reason": ""}, "This field is required."),
        ({"hold-ends": "time"}, "Enter the time"),
        ({"hold-ends": "time", "hold-until": "2020-01-01T00:00"}, "must be in the future"),
        ({"hold-ends": "7"}, "Select a valid choice"),
        ({"hold-kind": "host"}, "Select a valid choice"),
        ({"hold-target": "\0"}, "Null characters"),
    ],
)
def test_a_wrong_entry_is_named_and_the_others_stay(operator, entries, message):
    page = text(operator.post(PAGE, HOLD | entries))
    assert message in page
    assert not Hold.objects.exists()


def test_a_second_press_does_not_place_a_second_hold(operator):
    operator.post(PAGE, HOLD)
    assert "on hold already" in text(operator.post(PAGE, HOLD))
    assert Hold.objects.count() == 1


def test_a_form_that_is_sent_twice_places_one_hold_and_both_presses_say_so(operator):
    once = operator.get(PAGE).context["once"]
    pages = [text(operator.post(PAGE, HOLD | {"once": once}, follow=True)) for _ in range(2)]
    assert all("Job type Generate report is on hold" in page for page in pages)
    held = Hold.objects.get()
    operator.post(f"{PAGE}{held.pk}/release/")
    again = text(operator.post(PAGE, HOLD | {"once": once}, follow=True))
    assert "The hold of Job type Generate report has ended since." in again
    assert Hold.objects.count() == 1
    operator.post(PAGE, HOLD | {"once": once, "hold-reason": "another disk"})
    assert Hold.objects.count() == 2, "other entries are another hold"


def test_a_limit_is_set_and_removed(operator):
    page = text(operator.post(f"{PAGE}limits/", LIMIT, follow=True))
    assert "The limit of Generate report is set." in page
    assert SiteLimit.objects.get().at_most == 2
    operator.post(f"{PAGE}limits/report/remove/")
    assert not SiteLimit.objects.exists()
    assert operator.post(f"{PAGE}limits/report/remove/").status_code == 404


def test_a_limit_by_an_unknown_parameter_is_refused(operator):
    page = text(operator.post(f"{PAGE}limits/", LIMIT | {"limit-by": "nothing"}))
    assert "The type has no such parameter." in page


def test_a_worker_is_drained_with_a_reason_and_resumed(operator):
    worker = make_worker()
    assert "Say why" in text(operator.post(f"{PAGE}workers/{worker.pk}/drain/", follow=True))
    operator.post(f"{PAGE}workers/{worker.pk}/drain/", {"reason": "new disk"})
    assert "Takes nothing new" in text(operator.get(PAGE))
    assert "takes nothing new" in text(operator.get("/admin/"))
    operator.post(f"{PAGE}workers/{worker.pk}/resume/")
    worker.refresh_from_db()
    assert worker.drained_at is None


def test_without_the_right_the_page_is_read_only(viewer):
    held, worker = make_hold(), make_worker()
    page = text(viewer.get(PAGE))
    assert "jobs.hold_job" in page
    assert "Release" not in page
    for address in (
        PAGE,
        f"{PAGE}limits/",
        f"{PAGE}{held.pk}/change/",
        f"{PAGE}{held.pk}/release/",
        f"{PAGE}limits/report/remove/",
        f"{PAGE}workers/{worker.pk}/drain/",
        f"{PAGE}workers/{worker.pk}/resume/",
    ):
        assert viewer.post(address, HOLD | LIMIT).status_code == 403
    assert Hold.objects.active().count() == 1


def test_who_may_hold_and_not_see_all_jobs_drains_workers_here_too(client):
    people.sign_in(client, make_user("jobs.add_job", "jobs.hold_job", is_staff=True))
    assert str(make_worker()) in text(client.get(PAGE))


def test_every_page_has_a_banner_with_reason_and_end(viewer):
    make_hold(reason="disk is full", until=timezone.now() + timedelta(hours=1))
    job = make_job()
    for address in ("/admin/", "/admin/jobs/job/", f"/admin/jobs/job/{job.pk}/change/"):
        page = text(viewer.get(address))
        assert "On hold: Job type report" in page
        assert "disk is full" in page


@pytest.mark.parametrize("place", ["home", "list", "job"])
def test_open_pages_get_the_banner_once_there_is_a_hold_and_lose_it(viewer, place):
    address = {
        "home": "/admin/live/",
        "list": "/admin/jobs/job/live/",
        "job": f"/admin/jobs/job/{make_job().pk}/live/",
    }[place]
    first = viewer.get(address)
    assert first.json()["held"] == ""
    address += f"?version={first.json()['version']}" if place == "job" else ""
    held = make_hold(reason="disk is full")
    second = viewer.get(address, headers={"If-None-Match": first["ETag"]})
    assert "On hold: Job type report" in second.json()["held"]
    assert "disk is full" in second.json()["held"]
    assert viewer.get(address, headers={"If-None-Match": second["ETag"]}).status_code == 304
    held.delete()
    third = viewer.get(address, headers={"If-None-Match": second["ETag"]})
    assert third.json()["held"] == ""


def test_users_are_not_shown_the_holds_of_other_clients(client):
    people.sign_in(client, people.launcher())
    make_hold(kind=HoldKind.REQUESTER, value="999", name="secret name")
    for address in ("/admin/", PAGE):
        assert "secret name" not in text(client.get(address))


def test_the_page_shows_the_newest_holds_and_says_that_there_are_older_ones(operator, monkeypatch):
    monkeypatch.setattr(views, "ACTIVE_ROWS", 2)
    sentence = "Only the newest 2 holds are shown."
    for number in range(2):
        make_hold(kind=HoldKind.QUEUE, value=f"queue-{number}")
    assert sentence not in text(operator.get(PAGE))
    make_hold(kind=HoldKind.QUEUE, value="queue-2")
    page = text(operator.get(PAGE))
    assert sentence in page
    assert page.count(">Release<") == 2


def test_a_parked_job_says_so_in_the_list_and_its_page_is_refreshed(viewer):
    make_hold()
    job = make_job(parked_by="hold:7")
    assert "On hold" in text(viewer.get("/admin/jobs/job/?status=PENDING"))
    page = text(viewer.get(f"/admin/jobs/job/{job.pk}/change/"))
    assert "On hold until it is released, by olga: disk is full" in page
    assert "1 on hold or at a limit" in text(viewer.get("/admin/"))
    assert "and is still waiting" not in text(viewer.get("/admin/"))
