"""The job list shows each filter by a tab or a chip, and its form sends each one again."""

from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.services import DELETE, Targets
from tests.filters.test_doors import EACH, LIST, MATCH, NOW, boss, in_admin, timed, without_ids

__all__ = ["boss"]
pytestmark = pytest.mark.django_db(transaction=True)


class FormReader(HTMLParser):
    """Collects what a browser sends of a form with inputs and selects."""

    def __init__(self):
        super().__init__()
        self.sent, self.select = {}, ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "select":
            self.select = given["name"]
        elif tag == "option" and "selected" in given:
            self.sent.setdefault(self.select, []).append(given["value"])
        elif tag == "input" and (given["type"] != "checkbox" or "checked" in given):
            self.sent.setdefault(given["name"], []).append(given.get("value", "on"))


SHOWN_BY_CHIPS = [query for query in EACH if not query.startswith("q=")]


@pytest.mark.parametrize("query", SHOWN_BY_CHIPS, ids=without_ids)
def test_the_list_shows_each_filter_by_a_tab_or_a_chip_that_drops_it(client, boss, query):
    client.force_login(boss)
    query = timed(query)
    [name] = QueryDict(query)
    page = client.get(f"{LIST}?{query}")
    changes = page.context["cl"]
    if query in ("status=FAILED", "unseen=on"):
        assert changes.chips() == []
    else:
        [chip] = changes.chips()
        assert name not in QueryDict(chip.query.removeprefix("?"))
        assert chip.label in page.content.decode()
        assert "[invalid" not in chip.label


@pytest.mark.parametrize("query", SHOWN_BY_CHIPS, ids=without_ids)
def test_the_form_of_the_list_sends_each_filter_again(client, boss, query):
    client.force_login(boss)
    query = timed(query)
    html = client.get(f"{LIST}?{query}").content.decode()
    form = FormReader()
    form.feed(html[html.index('<form id="filters"') :].partition("</form>")[0])
    sent = {name: ",".join(values) for name, values in form.sent.items() if any(values)}
    assert {*sent} == {*QueryDict(query)}
    assert in_admin(client, boss, urlencode(sent)) == in_admin(client, boss, query)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("type=report&type=prune", "Type: This filter may be given once."),
        ("started_after=soon", "Started since: Enter a valid date/time."),
        ("status=FAILED,NO", "Status: &#x27;NO&#x27; is not one of: PENDING, "),
        ("id=1", "Id: Must be UUIDs, or their first 8 characters or more, with commas."),
        ("rerun_of=1", "Launched again from: Enter a valid UUID."),
        ("active=no", "Active: &#x27;no&#x27; is not one of: true, false."),
        ("count=true", "Unknown filter: count."),
    ],
)
def test_the_list_says_which_filter_it_does_not_understand(client, boss, query, says):
    client.force_login(boss)
    page = client.get(f"{LIST}?{query}")
    assert list(page.context["cl"].result_list) == []
    assert says in page.content.decode()
    assert in_bulk_refused(query)


def in_bulk_refused(query) -> bool:
    targets = Targets(user=None, action=DELETE, filters=QueryDict(query), as_of=timezone.now())
    return not targets.matching.exists()


def test_times_without_a_zone_are_local_in_the_admin_and_refused_by_the_api(client, boss, settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"
    client.force_login(boss)
    local = timezone.localtime(NOW - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    assert in_admin(client, boss, f"started_before={local}") == {MATCH}
    caller = APIClient()
    caller.force_authenticate(boss)
    answer = caller.get("/api/v1/jobs/", {"started_before": local})
    assert "zone" in answer.json()["errors"][0]["detail"]
