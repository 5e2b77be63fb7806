"""The params of a report: defaults and refusals."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from jobs import parameters, registry
from jobs.errors import InvalidParams

NOT_ONE = "is not one of the available choices"
TYPES = "bulk_acknowledge, bulk_cancel, bulk_delete, prune, export, report, bulk_rerun"


def validate(**params):
    return parameters.validate(registry.get("report"), params)


def refusal(**params):
    with pytest.raises(InvalidParams) as refused:
        validate(**params)
    return str(refused.value)


def test_without_params_it_is_the_last_seven_days_as_xlsx():
    stored = validate()
    since, until = datetime.fromisoformat(stored["since"]), datetime.fromisoformat(stored["until"])
    assert timedelta(0) < until - timezone.now() <= timedelta(seconds=1)
    assert abs(until - since - timedelta(days=7)) <= timedelta(seconds=1)
    assert (stored["types"], stored["format"], stored["list_jobs"]) == ([], "xlsx", False)


def test_a_period_that_ends_before_it_begins_is_refused():
    assert (
        refusal(since="2026-01-02T00:00:00Z", until="2026-01-01T00:00:00Z")
        == "until: The period must end after it begins."
    )


def test_a_period_of_no_time_is_refused():
    assert "must end after" in refusal(since="2026-01-02T00:00:00Z", until="2026-01-02T00:00:00Z")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"format": "pdf"},
            f"format: Select a valid choice. pdf {NOT_ONE}: xlsx, csv, json.",
        ),
        ({"format": None}, "format: This parameter is required."),
        (
            {"types": ["nonsense"]},
            f"types: Select a valid choice. nonsense {NOT_ONE}: {TYPES}.",
        ),
        ({"types": "report"}, "types: Must be a list."),
        (
            {"since": "yesterday"},
            "since: Must be a date and time with a zone, such as 2026-11-22T09:30:00Z.",
        ),
        ({"since": "1899-01-01T00:00:00Z"}, "since: Must be in the year 2000 or later."),
        ({"until": "9999-01-01T00:00:00Z"}, "until: Must be in the year 2099 or earlier."),
        ({"list_jobs": "yes"}, "list_jobs: Must be true or false."),
        (
            {"unit": "days"},
            "unit: This parameter is not known; allowed: since, until, types, format, list_jobs.",
        ),
    ],
)
def test_what_is_wrong_is_said_by_name(params, message):
    assert refusal(**params) == message
