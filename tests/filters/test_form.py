"""The job list shows each filter by a tab or a chip, and its form sends each one again."""

from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from tests.filters.test_doors import EACH, LIST, boss, in_admin, timed, without_ids

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
    if query == "status=FAILED":
        assert (changes.chips(), changes.status) == ([], "FAILED")
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
