"""The launch page: the cards of job types, their figures, groups, search and maintenance."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs import registry
from jobs.admin.job_list import rows
from jobs.models import Job, Status
from jobs.services import ACTIONS
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = "/admin/jobs/job/launch/"


@pytest.fixture(autouse=True)
def no_cache():
    rows.clear_usual_cache()


@pytest.fixture
def many_types(make_type):
    """Eight types in two groups and one without a group, beside the two built-in ones."""
    make_type(slug="invoices", label="Send invoices", group="Billing", description="By e-mail.")
    make_type(slug="cafe", label="Cafétéria orders", group="Billing")
    for number in range(5):
        make_type(slug=f"count{number}", label=f"Count shelf {number}", group="Warehouse")
    make_type(slug="loose", label="Loose end")


def choice(client, **query):
    return client.get(LAUNCH, query).context["choice"]


def labels(cards):
    return [card.type.label for card in cards]


def run(slug, status, minutes_ago, seconds):
    ended = timezone.now() - timedelta(minutes=minutes_ago)
    started = ended - timedelta(seconds=seconds)
    make_job(type=slug, status=status, created_at=started, started_at=started, finished_at=ended)


def test_eight_types_have_neither_headings_nor_a_search(operator):
    page = operator.get(LAUNCH)
    [group] = page.context["choice"].groups
    assert group.title == ""
    assert labels(group.cards) == ["Export data", "Generate report"]
    assert b'type="search"' not in page.content


def test_the_type_that_ran_last_has_the_first_card(operator):
    run("export", Status.FAILED, 2, 1)
    run("report", Status.COMPLETED, 1, 1)
    [group] = choice(operator).groups
    assert labels(group.cards) == ["Generate report", "Export data"]


def test_more_than_eight_types_are_grouped_with_those_without_a_group_at_the_end(
    operator, many_types
):
    found = choice(operator)
    assert [group.title for group in found.groups] == ["Billing", "Reports", "Warehouse", "Other"]
    assert labels(found.groups[0].cards) == ["Cafétéria orders", "Send invoices"]
    assert labels(found.groups[-1].cards) == ["Loose end"]


@pytest.mark.parametrize(
    ("searched", "expected"),
    [
        ("INVOICES", ["Send invoices"]),
        ("mail send", ["Send invoices"]),
        ("cafeteria", ["Cafétéria orders"]),
        ("billing", ["Cafétéria orders", "Send invoices"]),
        ("count3", ["Count shelf 3"]),
        ("Delete old", ["Delete old jobs"]),
        ("\x00 %s <b>", []),
    ],
)
def test_the_search_finds_words_of_label_description_slug_and_group(
    operator, many_types, searched, expected
):
    found = choice(operator, q=searched)
    cards = [card for group in found.groups for card in group.cards] + found.maintenance
    assert labels(cards) == expected
    page = operator.get(LAUNCH, {"q": searched}).content.decode()
    assert ("No job type matches." in page.split("data-no-types")[1]) or expected
    assert "<b>" not in page.split("type-search")[1].split("data-types")[0]


def test_maintenance_is_a_closed_group_at_the_end(operator):
    page = operator.get(LAUNCH)
    assert "prune" in {card.type.slug for card in page.context["choice"].maintenance}
    assert {action.job_type for action in ACTIONS} <= {
        card.type.slug for card in page.context["choice"].maintenance
    }
    text = page.content.decode()
    assert '<details class="maintenance" data-types>' in text
    assert text.index("Generate report") < text.index("maintenance") < text.index("Delete old jobs")


def test_a_card_shows_the_last_runs_their_usual_time_and_how_many_succeeded(operator):
    for number in range(25):
        run("report", Status.COMPLETED, 10 + number, 60)
    run("report", Status.FAILED, 3, 240)
    run("report", Status.CANCELLED, 2, 0)
    [group] = choice(operator).groups
    card = group.cards[0]
    assert [one.status for one in card.runs] == ["CANCELLED", "FAILED", *["COMPLETED"] * 18]
    assert card.success_percent == 94  # 18 of 19
    assert [bar.height for bar in card.bars[-3:]] == [11, 22, 3]
    text = operator.get(LAUNCH).content.decode()
    assert "Last runs: 18 completed, 1 failed, 1 cancelled" in text
    assert "Usually 1 min 00 s" in text
    assert "94 % succeed" in text


def test_cancelled_runs_alone_give_no_share(operator):
    run("report", Status.CANCELLED, 2, 0)
    assert choice(operator).groups[0].cards[0].success_percent is None


def test_any_number_of_types_takes_the_same_queries(operator, many_types):
    def queries():
        rows.clear_usual_cache()
        with CaptureQueriesContext(connection) as captured:
            operator.get(LAUNCH)
        return len(captured)

    before = queries()
    for number in range(5):
        run(f"count{number}", Status.COMPLETED, number, 1)
    assert queries() == before


@pytest.mark.parametrize("slug", sorted(action.job_type for action in ACTIONS))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_type_that_is_launched_from_the_list_leads_there(superuser, slug, method):
    page = getattr(superuser, method)(f"{LAUNCH}{slug}/", follow=True)
    assert page.redirect_chain == [(reverse("admin:jobs_job_changelist"), 302)]
    assert f"“{registry.get(slug).label}” is launched from this list" in page.content.decode()
    assert not Job.objects.exists()


def test_launching_a_bulk_job_again_with_changes_leads_to_the_list_with_its_filters(superuser):
    stored = {"filters": "status=FAILED&q=a%26b", "newest": None, "as_of": None}
    job = make_job(type="bulk_cancel", status=Status.COMPLETED, params=stored)
    page = superuser.get(f"{LAUNCH}bulk_cancel/?again={job.pk}")
    assert page.url == f"{reverse('admin:jobs_job_changelist')}?status=FAILED&q=a%26b"
