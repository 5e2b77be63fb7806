"""Lines of a job's log as its page shows them: with gaps, attempts and the text that was found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.job_page.log_query import LogQuery
from jobs.handler.journal import LOG_LINES_LIMIT
from jobs.models import Job, JobLog
from jobs.models.records import JobLogQuerySet

PAGE_LINES = 200
# An attempt may log 10,000 lines, and a job may have many attempts.
COUNTED_LINES = 20_000


@dataclass(frozen=True)
class LevelCount:
    """The lines of one level: all, and those that contain the text with their first and last."""

    level: str
    lines: int
    first_of_all: int
    matching: int
    first: int | None
    last: int | None


@dataclass(frozen=True)
class ShownLine:
    """A line, the attempt if it begins one, and a sentence if lines are missing before it."""

    line: JobLog
    message: SafeString
    attempt: int = 0
    gap: str = ""


def level_counts(job: Job, find: str) -> list[LevelCount]:
    """Count the last COUNTED_LINES + 1 lines of the job by level; one query."""
    matches, values = (
        ("true", []) if not find else ("upper(message) LIKE upper(%s)", [_pattern(find)])
    )
    sql = f"""SELECT level, count(*), min(seq), count(*) FILTER (WHERE matches),
            min(seq) FILTER (WHERE matches), max(seq) FILTER (WHERE matches)
        FROM (
            SELECT level, seq, {matches} AS matches FROM jobs_joblog WHERE job_id = %s
            ORDER BY seq DESC LIMIT %s
        ) AS line
        GROUP BY level ORDER BY count(*) DESC, level"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, job.pk, COUNTED_LINES + 1])
        return [LevelCount(*row) for row in cursor.fetchall()]


def lines_at(job: Job, query: LogQuery) -> list[JobLog]:
    """Return the lines that `query` asks for; one query, two around a line."""
    lines = matching_lines(job, query)
    if query.line is not None:
        half = PAGE_LINES // 2
        earlier = lines.filter(seq__lt=query.line).page(half, "-seq")[::-1]
        return earlier + lines.filter(seq__gte=query.line).page(half, "seq")
    if query.after is not None:
        return lines.filter(seq__gt=query.after).page(PAGE_LINES, "seq")
    if query.before is not None:
        lines = lines.filter(seq__lt=query.before)
    return lines.page(PAGE_LINES, "-seq")[::-1]


def matching_lines(job: Job, query: LogQuery) -> JobLogQuerySet:
    """Return the lines of the levels that contain the text."""
    lines = JobLog.objects.filter(job=job)
    if query.levels:
        lines = lines.filter(level__in=query.levels)
    if query.find:
        lines = lines.filter(message__icontains=query.find)
    return lines


def shown_lines(
    job: Job, query: LogQuery, lines: Iterable[JobLog], start: int | None
) -> list[ShownLine]:
    """Return `lines` as they are shown; `start` is the line before them, None if not known.

    Numbers rise by one within an attempt, so a leap is a gap, unless lines are left out by `query`.
    """
    shown: list[ShownLine] = []
    before = start
    attempt = 1 if job.attempt == 1 else 0
    for line in lines:
        gap = "" if before is None or query.is_narrowed else gap_between(before, line.seq)
        new_attempt = 0 if line.attempt == attempt else line.attempt
        shown.append(ShownLine(line, _marked(line.message, query.find), new_attempt, gap))
        before, attempt = line.seq, line.attempt
    return shown


def gap_between(before: int, number: int) -> str:
    """Say how many lines are missing between two that follow each other; "" if none are.

    Each attempt has a range of numbers, which it need not fill.
    """
    first = (number - 1) // LOG_LINES_LIMIT * LOG_LINES_LIMIT + 1
    missing = number - max(first, before + 1)
    if missing <= 0:
        return ""
    return "1 line is missing here" if missing == 1 else f"{missing:,} lines are missing here"


def _pattern(text: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return f"%{escaped}%"


def _marked(message: str, text: str) -> SafeString:
    """Return the message with each place of `text` in it marked."""
    if not text:
        return format_html("{}", message)
    # With a group in the pattern, every second part is what was found.
    parts = re.split(f"({re.escape(text)})", message, flags=re.IGNORECASE)
    tags = (("<mark>", "</mark>") if number % 2 else ("", "") for number, _ in enumerate(parts))
    return format_html_join(
        "",
        "{}{}{}",
        (
            (SafeString(opening), part, SafeString(closing))
            for part, (opening, closing) in zip(parts, tags, strict=True)
        ),
    )
