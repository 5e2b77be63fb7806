"""Whether many jobs have some words, and which of the words is the rarest.

PostgreSQL estimates neither for beginnings of words. It also reads all entries of each beginning in
its index: a word of most jobs costs more than all others together, and leaves out few jobs. So only
the rarest word is looked up, and the jobs that have it are compared with the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import RawSQL

from jobs.database import EqualsAny
from jobs.models import Job, JobQuerySet
from jobs.models.words import Beginnings, Matches, words_of_jobs

# Many: as many candidates of all jobs, or MANY_OF_NEWEST of the NEWEST that match.
FEW = 20_000
NEWEST, MANY_OF_NEWEST = 200, 10
# So many ids of matches are kept for the queries that follow, which then do not search again.
KEPT = 1_000
# Long words are rare; each one that is compared adds a query that may not run.
COMPARED = 8


@dataclass(frozen=True)
class Rarity:
    """Whether many jobs match, and the condition by which to walk past many or to find few."""

    are_many: bool
    condition: Q


def having_words(text: str) -> Q:
    """Return the condition for jobs that have all words of `text`."""
    return Q(Matches(words_of_jobs(), Beginnings(text)))


def rarity_of(text: str, matches: Q, area: Q, *, keeps_ids: bool = True) -> Rarity:
    """Return how rare the jobs in `area` are that meet `matches`, which includes words of `text`.

    One query, which reads no more than FEW jobs that have the rarest of the words. With `keeps_ids`
    the condition may name the jobs that match now; without, it also holds for those of later.
    """
    words = sorted(_words(text), key=len, reverse=True)[:COMPARED] or [text]
    try:
        are_many, rarest, ids = _ask(words, matches, area)
    except EmptyResultSet:
        return Rarity(False, matches)
    if are_many:
        return Rarity(True, _without_index(matches))
    if keeps_ids and len(ids) <= KEPT:
        return Rarity(False, Q(EqualsAny(F("id"), RawSQL("%s::uuid[]", (ids,)))))
    return Rarity(False, having_words(words[rarest - 1]) & _without_index(matches))


def _without_index(condition: Q) -> Q:
    """Return the same condition, for which PostgreSQL uses no index.

    It counts as true for every second job, so an ordered list is walked from its first job.
    """
    return Q(Case(When(condition, then=True), default=False))


def _words(text: str) -> list[str]:
    return [word for word in text.split() if any(map(str.isalnum, word))]


def _ask(words: list[str], matches: Q, area: Q) -> tuple[bool, int, list[UUID]]:
    """Return whether many jobs match, the number of the rarest word from 1, and first matches."""
    asked = {f"word_{number}": Beginnings(word) for number, word in enumerate(words)}
    newest, params = _compiled(
        Job.objects.order_by("-id").annotate(hit=matches, words=words_of_jobs(), **asked),
        ("hit", "words", *asked),
        limit=NEWEST,
    )
    looked_up = []
    for number, word in enumerate(words, 1):
        candidates = Job.objects.filter(area & having_words(word)).order_by()
        hit = Value(True) if matches == having_words(word) else _without_index(matches)
        found, more = _compiled(candidates.annotate(hit=hit), ("id", "hit"))
        # MATERIALIZED plans for all candidates, which is by the index; reading stops at the limit.
        looked_up.append(f"""SELECT count(*) AS read,
                (array_agg(id) FILTER (WHERE hit))[:{KEPT + 1}] AS ids FROM (
                WITH found AS MATERIALIZED ({found})
                SELECT id, hit FROM found LIMIT {FEW + 1}) AS first
            WHERE every < {MANY_OF_NEWEST} AND rarest = {number} HAVING rarest = {number}""")
        params += more
    # A word that has no letter for PostgreSQL is no condition, and counts as the commonest.
    hits = ", ".join(f"count(*) FILTER (WHERE (words @@ {one}) IS NOT FALSE)" for one in asked)
    sql = f"""WITH newest AS MATERIALIZED ({newest}),
        hits AS (SELECT count(*) FILTER (WHERE hit) AS every, ARRAY[{hits}] AS each FROM newest),
        compared AS (SELECT every, array_position(each, (SELECT min(one) FROM unnest(each) AS one))
            AS rarest FROM hits)
        SELECT every, rarest, read, ids FROM compared
        LEFT JOIN LATERAL ({" UNION ALL ".join(looked_up)}) AS looked_up ON TRUE"""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        every, rarest, read, ids = cursor.fetchone()
    return every >= MANY_OF_NEWEST or read > FEW, rarest, ids or []


def _compiled(
    jobs: JobQuerySet, columns: Sequence[str], limit: int | None = None
) -> tuple[str, list[Any]]:
    sql, params = jobs.values(*columns)[:limit].query.sql_with_params()
    return sql, [*params]
