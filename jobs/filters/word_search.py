"""Conditions by words: the few jobs that match are found by their index, newest first.

The index is in no order. Few jobs are found by it and sorted. Many are met soon on the way from the
newest job, so they are neither collected nor sorted.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Q

from jobs.database import EqualsAny
from jobs.filters.rarity import having_words, rarity_of
from jobs.models import NOT_RUNNING, Job, Status
from jobs.models.words import Beginnings, Matches, words_of_errors
from jobs.safe_text import spellings

# jobs_job_words holds all jobs but the running ones, which are as few as the slots of the workers.
INDEXED = Q(status__in=NOT_RUNNING)
RUNNING = Q(status=Status.PROCESSING)
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


def with_one_of_ids(texts: Collection[str]) -> Q:
    """Return the condition for jobs with one of some ids, or with an id that begins with one.

    Ranges are collected first: with many of them PostgreSQL would walk from the newest job.
    """
    ranges = [found for one in texts if (found := id_range(one))]
    parts = [Q(id__in=[first for first, last in ranges if first == last])]
    parts += [Q(id__range=one) for one in ranges if one[0] != one[1]]
    return parts[0] if len(parts) == 1 else _collected(parts)


def matching_search(text: str, keeps_ids: bool = True) -> Q:
    """Return the condition for jobs that have all words of `text`, or an id that begins with it."""
    by_id = with_id_beginning(text)
    others = [by_id] if by_id else []
    return _few_or_many(text, [INDEXED, RUNNING], keeps_ids, others=others)


def matching_error(text: str, keeps_ids: bool = True) -> Q:
    """Return the condition for failed jobs with an error that has all words of `text`."""
    of_error = Q(Matches(words_of_errors(), Beginnings(text)))
    return _few_or_many(text, [Q(status=Status.FAILED)], keeps_ids, also=of_error)


def name_startswith(text: str, keeps_ids: bool = True) -> Q:
    """Return the condition for jobs whose name begins with `text`, in either spelling of accents.

    Their words begin so, too, and words have an index.
    """
    matches = reduce(or_, (Q(name__startswith=one) for one in sorted(spellings(text))))
    if not any(character.isalnum() for character in text):
        return matches
    return _few_or_many(text, [INDEXED, RUNNING], keeps_ids, also=matches)


def _few_or_many(
    text: str, areas: Sequence[Q], keeps_ids: bool, *, also: Q | None = None, others: Any = ()
) -> Q:
    """The condition for jobs that have the words of `text` and meet `also`, or one of `others`.

    They are in one of `areas`, the first of them indexed. Where they are few, their ids are
    collected first.
    """
    matches = having_words(text) if also is None else also & having_words(text)
    found = rarity_of(text, matches, areas[0], keeps_ids=keeps_ids)
    if found.are_many:
        return Walked(reduce(or_, others, reduce(or_, areas) & found.condition))
    unindexed = [area & matches for area in areas[1:]]
    return _collected([areas[0] & found.condition, *unindexed, *others])


def _collected(conditions: Iterable[Q]) -> Q:
    """The condition for jobs that meet one of `conditions`; PostgreSQL collects their ids first."""
    parts = [Job.objects.filter(one).order_by().values("id") for one in conditions]
    # An array, because PostgreSQL may answer IN by walking all jobs from the newest.
    ids = ArraySubquery(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
    return Q(EqualsAny(F("id"), ids))


def word_conditions(values: Mapping[str, Any], *, keeps_ids: bool = True) -> dict[str, Q]:
    """Return the condition of each filter by words that is set among `values`.

    Without `keeps_ids` the conditions also hold for jobs that match later.
    """
    makers: dict[str, Callable[[str, bool], Q]] = {
        "q": matching_search,
        "error": matching_error,
        "name": name_startswith,
    }
    return {
        name: make(values[name], keeps_ids) for name, make in makers.items() if values.get(name)
    }
