"""Durations and counts as text."""

import re
from pathlib import Path

import pytest

from jobs.durations import UNITS, humanize_seconds, limit_duration, rough_duration
from jobs.safe_text import quantity

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (40, "40 s"),
        (59.7, "1 min"),
        (89, "1 min 30 s"),
        (180, "3 min"),
        (5040, "1 h 24 min"),
        (86_400, "1 d"),
        (90_100, "1 d 01 h"),
    ],
)
def test_estimates_are_rounded(seconds, text):
    assert humanize_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "10 s"),
        (37, "40 s"),
        (59, "1 min"),
        (100, "2 min"),
        (1000, "15 min"),
        (9000, "2 h 30 min"),
    ],
)
def test_forecasts_are_rough(seconds, text):
    assert rough_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 s"),
        (2, "2 s"),
        (59, "59 s"),
        (95, "1 min 35 s"),
        (600, "10 min"),
        (3600, "1 h"),
        (86_400, "1 d"),
    ],
)
def test_limits_are_shown_as_they_were_set(seconds, text):
    assert limit_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1200, "1,200 entries")]
)
def test_a_noun_follows_its_number(count, text):
    assert quantity(count, "entry", "entries") == text
    assert quantity(count, "job") == text.replace("entries", "jobs").replace("entry", "job")


def test_the_browser_has_the_same_units():
    script = (ROOT / "static/jobs/base/times.js").read_text()
    found = re.findall(r"\[(\w+), (\d+), '(\w+)', (\d+), '(\w+)'\]", script)
    assert [(float(one[0]), int(one[1]), one[2], int(one[3]), one[4]) for one in found] == [*UNITS]
