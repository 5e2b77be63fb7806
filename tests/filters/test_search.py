"""The search finds beginnings of words in any case, with or without accents, and filters."""

from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from jobs.filters import JobFilters, rarity
from jobs.filters.search import split_search
from jobs.models import Status
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db


def found(text, user=None, **query):
    filters = JobFilters({"q": text, **query}, user=user)
    assert not filters.errors, filters.errors
    return sorted(filters.qs.values_list("name", flat=True))


@pytest.fixture(params=["few", "many"])
def amount(request, monkeypatch):
    """Search as among few matches, and as among too many to collect."""
    ask = rarity._ask
    are_many = request.param == "many"
    monkeypatch.setattr(rarity, "_ask", lambda *given: (are_many, *ask(*given)[1:]))


@pytest.fixture
def jobs(amount):
    make_job(name="Invoices of Globex", created_by_name="erp-import")
    make_job(name="Straßenliste Łódź", status=Status.PROCESSING)
    make_job(name="a/b.c_Crème", status=Status.CANCELLED, token_name="nightly")
    make_job(
        name="Broken",
        status=Status.FAILED,
        error_type="LookupError",
        error_message="\n  No row 17 of Ünit\nsecond",
    )
    make_job(
        name="Late", status=Status.FAILED, error_code="time_limit", error_type="", error_message=""
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Globex", "Invoices of Globex"),
        ("globex", "Invoices of Globex"),
        ("glob INV", "Invoices of Globex"),
        ("erp-import", "Invoices of Globex"),
        ("import", "Invoices of Globex"),
        ("strassen", "Straßenliste Łódź"),
        ("lodz", "Straßenliste Łódź"),
        ("Creme", "a/b.c_Crème"),
        ("crème", "a/b.c_Crème"),
        ("b", "Broken a/b.c_Crème"),
        ("b.c", "a/b.c_Crème"),
        ("nightly", "a/b.c_Crème"),
        ("LookupError", "Broken"),
        ("lookup", "Broken"),
        ("error", "Broken"),
        ("unit", "Broken"),
        ("row 17", "Broken"),
        ("second", ""),
        ("time_limit", "Late"),
        ("lobex", ""),
        ("globex & | ! ( ' :*", "Invoices of Globex"),
        ("error:lookup", "Broken"),
        ("error:Time_limit", "Late"),
        ("error:broken", ""),
        ('error:"row 17"', "Broken"),
        ("status:failed late", "Late"),
        ("status:FAILED status:cancelled b", "Broken a/b.c_Crème"),
        ("status:failed,canc b", "Broken a/b.c_Crème"),
        ("status:active", "Invoices of Globex Straßenliste Łódź"),
        ("type:Generate", "Broken Invoices of Globex Late Straßenliste Łódź a/b.c_Crème"),
    ],
)
def test_a_search_finds_the_jobs_with_these_words(jobs, text, name):
    assert " ".join(found(text)) == name


def test_an_id_is_found_by_its_first_characters(amount):
    job = make_job(name="this")
    make_job(name="older", id=UUID(int=job.pk.int - (1 << 100)))
    text = str(job.pk)
    for digits in (text[:8], text[:8].upper(), text[:14], text.replace("-", ""), f"id:{text[:9]}"):
        assert found(digits) == ["this"]
    assert found(text[:7]) == []


def test_by_me_are_the_jobs_of_the_user():
    user = make_user(username="Maria")
    make_job(name="mine", created_by=user, created_by_name="Maria")
    make_job(name="other")
    assert found("by:me", user) == found("by:Maria", user) == found("by:maria") == ["mine"]


@pytest.mark.parametrize("text", ["https://example.org", "10:30", '"foo:bar"', "note: this", ":x"])
def test_a_colon_within_other_text_is_no_filter(text):
    assert split_search(text) == (text, {})


def test_an_unknown_qualifier_says_what_is_known():
    with pytest.raises(ValidationError, match=r'"colour:" is not known\. Known are by: type:'):
        split_search("status:failed colour:red")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("q=status:bogus", "status: 'bogus' is not one of: PENDING"),
        ("q=id:123", "id: Must be UUIDs, or their first 8 characters"),
        ("q=queue:a+queue:b", "queue: This filter may be given once."),
        ("q=queue:a&queue=b", "queue: This filter may be given once."),
        ("q=...", "q: Enter a word"),
        ("q=foo:bar", 'q: "foo:" is not known'),
        ('q=by:""', 'q: "by:" needs a value behind it.'),
        ('q=foo status:" "', 'q: "status:" needs a value behind it.'),
        ("q=alpha&q=status:pending", "q: This filter may be given once."),
    ],
)
def test_a_search_that_is_not_understood_finds_nothing_and_says_why(query, fault):
    make_job()
    filters = JobFilters(QueryDict(query))
    assert fault in " ".join(filters.faults())
    assert not filters.qs.exists()


@pytest.mark.parametrize("name", ["\U00020000" * 200, "\ufdfa" * 200, "\u338f" * 200, "…" * 9])
def test_no_name_is_too_long_for_the_index(name):
    make_job(name=name, status=Status.FAILED, error_message="x" * 9000, error_type="y" * 200)
    assert len(found("y" * 90)) <= 1
