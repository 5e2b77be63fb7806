"""Conditions by words: the few jobs that match are found by their index, newest first.

The index is in no order, and PostgreSQL cannot estimate how many jobs a beginning of a word
matches. So each condition first asks whether they are many. Few are found by the index and sorted.
Many are met soon on the way from the newest job, so they are neither collected nor sorted.
"""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, F, Q, When

from jobs.database import EqualsAny
from jobs.models import NOT_RUNNING, Job, Status
from jobs.models.words import Beginnings, Matches, words_of_errors, words_of_jobs
from jobs.safe_text import spellings

# jobs_job_words holds all jobs but the running ones, which are as few as the slots of the workers.
INDEXED = Q(status__in=NOT_RUNNING)
RUNNING = Q(status=Status.PROCESSING)
FEW = 20_000
NEWEST, MANY_OF_NEWEST = 200, 10
ID_BEGINNING = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]*", re.IGNORECASE)
ID_DIGITS = 32


class Walked(Q):
    """The condition for many jobs: it is checked on the way from the newest job."""


def id_range(text: str) -> tuple[UUID, UUID] | None:
    """Return the first and the last id that begin with `text`: 8 digits or more; else None."""
    digits = text.strip().replace("-", "").lower()
    if not ID_BEGINNING.fullmatch(text.strip()) or len(digits) > ID_DIGITS:
        return None
    return UUID(digits.ljust(ID_DIGITS, "0")), UUID(digits.ljust(ID_DIGITS, "f"))


def with_id_beginning(text: str) -> Q | None:
    """Return the condition for jobs whose id begins with `text`; None if no id begins so."""
    found = id_range(text)
    return found and Q(id__gte=found[0], id__lte=found[1])


def matching_search(text: str) -> Q:
    """Return the condition for jobs that have all words of `text`, or an id that begins with it."""
    matches = Q(Matches(words_of_jobs(), Beginnings(text)))
    by_id = with_id_beginning(text)
    return _few_or_many(matches, [INDEXED, RUNNING], [by_id] if by_id else [])


def matching_error(text: str) -> Q:
    """Return the condition for failed jobs with an error that has all words of `text`."""
    beginnings = Beginnings(text)
    of_error = Q(Matches(words_of_jobs(), beginnings)) & Q(Matches(words_of_errors(), beginnings))
    return _few_or_many(of_error, [Q(status=Status.FAILED)])


def name_startswith(text: str) -> Q:
    """Return the condition for jobs whose name begins with `text`, in either spelling of accents.

    Their words begin so, too, and words have an index.
    """
    matches = reduce(or_, (Q(name__startswith=one) for one in sorted(spellings(text))))
    if not any(character.isalnum() for character in text):
        return matches
    with_words = Q(Matches(words_of_jobs(), Beginnings(text))) & matches
    return _few_or_many(with_words, [INDEXED, RUNNING])


def _few_or_many(matches: Q, areas: list[Q], others: list[Q] | None = None) -> Q:
    """The condition for jobs that match in one of `areas`, the first of them indexed, or `others`.

    Where they are few, their ids are collected first.
    """
    others = others or []
    if _match_many(matches, areas[0]):
        # CASE hides the condition from the index, and counts as true for every second job: so
        # PostgreSQL walks from the newest job.
        walked = Q(Case(When(matches, then=True), default=False))
        return Walked(reduce(or_, others, reduce(or_, areas) & walked))
    conditions = [area & matches for area in areas] + others
    parts = [Job.objects.filter(one).order_by().values("id") for one in conditions]
    # An array, because PostgreSQL may answer IN by walking all jobs from the newest.
    ids = ArraySubquery(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
    return Q(EqualsAny(F("id"), ids))


def _match_many(matches: Q, area: Q) -> bool:
    """Whether more than FEW jobs match, or one in 20 of the newest; one query, which ends there."""
    newest = Job.objects.order_by("-id").annotate(hit=matches).values("hit")[:NEWEST]
    found = Job.objects.filter(area, matches).order_by().values("id")
    try:
        newest_sql, newest_params = newest.query.sql_with_params()
        found_sql, found_params = found.query.sql_with_params()
    except EmptyResultSet:
        return False
    # MATERIALIZED plans for all that match, which is by the index; reading stops at the limit.
    sql = f"""SELECT CASE
        WHEN (SELECT count(*) FROM ({newest_sql}) AS newest WHERE hit) >= {MANY_OF_NEWEST} THEN TRUE
        ELSE (WITH found AS MATERIALIZED ({found_sql})
            SELECT count(*) > {FEW} FROM (SELECT FROM found LIMIT {FEW + 1}) AS first) END"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*newest_params, *found_params])
        return bool(cursor.fetchone()[0])


def word_conditions(values: Mapping[str, Any]) -> dict[str, Q]:
    """Return the condition of each filter by words that is set among `values`."""
    makers: dict[str, Callable[[str], Q]] = {
        "q": matching_search,
        "error": matching_error,
        "name": name_startswith,
    }
    return {name: make(values[name]) for name, make in makers.items() if values.get(name)}
